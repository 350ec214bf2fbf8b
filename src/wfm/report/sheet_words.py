"""What the workbook says in Persian: sheets, headings, key figures and the words that stand in cells.

English needs no table: a heading is the column's name, a sheet its own. Numbers keep Latin digits: they are numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from wfm.versions.grid_sheet import SHEETS as ROSTER_SHEETS

SHEETS: Mapping[str, str] = {
    "Summary": "خلاصه",
    "Days": "روزها",
    "Roster": ROSTER_SHEETS["fa"],
    "Intervals": "بازه‌ها",
    "Shifts": "شیفت‌ها",
    "Requirement": "نیاز",
    "Forecast": "پیش‌بینی",
    "Changes": "تغییرها",
    "Ways out": "راه‌های چاره",
    "Warnings & assumptions": "هشدارها و فرض‌ها",
}
HEADINGS: Mapping[str, str] = {
    "abandon_rate": "قطع تماس",
    "agent": "نام",
    "agents": "لازم در پاسخگویی",
    "aht": "میانگین زمان رسیدگی [ثانیه]",
    "asa": "میانگین انتظار [ثانیه]",
    "bound": "مرز",
    "breaks": "استراحت‌ها",
    "chance": "احتمال",
    "change": "تغییر",
    "date": "تاریخ",
    "day": "روز",
    "end": "پایان",
    "expected": "حاضر",
    "gap": "کم یا اضافه",
    "backlog": "کار مانده [ساعت]",
    "carried": "مانده برای برنامهٔ بعدی [ساعت]",
    "class": "دسته",
    "deferrable": "قابل جابه‌جایی",
    "in_idle": "در زمان بیکاری",
    "machine": "پیش از تغییر برنامه‌ریز",
    "oldest": "کهنه‌ترین کار [ثانیه]",
    "headcount": "کل نفرات",
    "high": "تا (بازهٔ 80%)",
    "kept": "برآورده",
    "kind": "نوع",
    "last_month": "همین روز ماه، پیش‌تر",
    "last_weekday": "همین روز هفته، پیش‌تر",
    "load": "بار [ارلانگ]",
    "longest_wait": "بلندترین انتظار [ثانیه]",
    "low": "از (بازهٔ 80%)",
    "method": "روش",
    "minimum": "حداقل",
    "month_day": "تاریخ همین روز ماه",
    "month_start": "آغاز ماه",
    "needed": "لازم",
    "new": "اکنون",
    "number": "شماره",
    "occupancy": "اشغال",
    "offered": "ورودی",
    "old": "پیش از این",
    "paid_hours": "ساعت با مزد",
    "peak": "اوج",
    "people": "نفرات",
    "probability": "احتمال برآورده شدن",
    "queue": "صف",
    "rostered": "در برنامه",
    "service_level": "به‌موقع",
    "shift": "شیفت",
    "short_hours": "ساعت کم",
    "spare_hours": "ساعت اضافه",
    "start": "آغاز",
    "text": "متن",
    "type": "نوع شیفت",
    "unplanned": "غیبت پیش‌بینی‌نشده",
    "weekday_day": "تاریخ همین روز هفته",
    "key figure": "شاخص",
    "value": "مقدار",
    "week from": "هفته از",
    "in time": "به‌موقع",
    "hang up": "قطع تماس",
    "service level is": "تعریف سطح خدمت",
    "paid h": "ساعت با مزد",
    "colours:": "رنگ‌ها:",
}
QUANTILE, SERVICE = "ورودی، چندک {share}%", "به‌موقع: {queue}"
FIGURES: Mapping[str, str] = {
    "live_contacts": "تماس صف‌های زنده",
    "live_low": "از (بازهٔ 80%)",
    "live_high": "تا (بازهٔ 80%)",
    "work_total": "ساعت کار",
    "need_hours": "ساعت پاسخگویی لازم",
    "paid_hours": "ساعت با مزد",
    "placed_hours": "مرخصی، آموزش، جلسه [ساعت]",
    "break_hours": "استراحت با مزد [ساعت]",
    "absent_hours": "غیبت پیش‌بینی‌نشده [ساعت]",
    "have_hours": "ساعت پاسخگویی موجود",
    "short_hours": "ساعت کم",
    "chance": "احتمال ضعیف‌ترین تعهد",
    "abandon_rate": "قطع تماس",
    "mean_wait": "میانگین انتظار [ثانیه]",
    "longest_wait": "بلندترین انتظار [ثانیه]",
    "occupancy": "اشغال",
    "hard_rules_broken": "قاعدهٔ سخت شکسته",
    "wishes": "خواسته‌ها",
    "wishes_granted": "خواسته‌های برآورده",
}
VALUES: Mapping[str, str] = {
    "work": "کار",
    "leave": "مرخصی",
    "training": "آموزش",
    "meeting": "جلسه",
    "break": "استراحت",
    "meal": "غذا",
    "added": "افزوده",
    "removed": "حذف",
    "moved": "جابه‌جا",
    "other shift": "شیفت دیگر",
    "other queue": "صف دیگر",
    "breaks": "استراحت‌ها",
    "assumed": "فرض",
    "warning": "هشدار",
    "rule": "قاعده",
    "kept": "برآورده",
    "NOT KEPT": "برآورده نمی‌شود",
    "done before the deadline / offered": "انجام پیش از مهلت ÷ همهٔ ورودی",
    "No people were given: see Shifts.": "بدون فهرست افراد: برگهٔ شیفت‌ها را ببینید.",
    "No earlier roster was given to compare with.": "برنامهٔ پیشینی برای سنجش نیست.",
    "People by interval: {queue}": "نفرات در هر بازه: {queue}",
    "rostered": "در برنامه",
    "needed": "لازم",
    "expected to come": "حاضر",
    "mean": "میانگین",
    "paths": "آینده‌ها",
    "stationary": "صف مانا",
    "exact through the day": "صف دقیق روز",
    "exact time-varying queue": "صف دقیق روز",
    "carried load": "بار انباشته",
    "work by deadline": "کار تا مهلت",
    "line with callbacks": "صف با تماس بازگشتی",
    "line and work by deadline": "صف و کار تا مهلت",
    "history": "سابقه",
    "forecast": "پیش‌بینی",
    "requirement": "نیاز",
    "work to leave": "کار به مرخصی",
    "leave to work": "مرخصی به کار",
    "work to training": "کار به آموزش",
    "training to work": "آموزش به کار",
}


_LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٬٫٪", "0123456789,.%")


def latin_digits(text: str) -> str:
    """A Persian text with the digits that the workbook's numbers have.

    >>> latin_digits("شنبه ۳۰ آبان")
    'شنبه 30 آبان'
    """
    return text.translate(_LATIN)


def persian_heading(name: str) -> str | None:
    """A column's heading in Persian; None where it has no word of its own.

    >>> persian_heading("queue"), persian_heading("offered_q0.1"), persian_heading("service_voice")
    ('صف', 'ورودی، چندک 10%', 'به‌موقع: voice')
    """
    if name in HEADINGS:
        return HEADINGS[name]
    if name.startswith("offered_q"):
        return QUANTILE.format(share=f"{float(name.removeprefix('offered_q')) * 100:.0f}")
    if name.endswith("_machine"):
        return f"{HEADINGS.get(name.removesuffix('_machine'), name)} ({HEADINGS['machine']})"
    if name.startswith("service_"):
        return SERVICE.format(queue=name.removeprefix("service_"))
    return None
