"""Weekly patterns and rotations of several weeks."""
