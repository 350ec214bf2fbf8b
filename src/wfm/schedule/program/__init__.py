"""Programmes of whole numbers: their columns and rows, how they are solved, rounded and taken apart."""
