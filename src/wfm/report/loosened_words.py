"""Rules loosened by a step, in the report's language: `max_nights 2->3` is what the planner reads as words."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wfm.report.language import Language

PERSIAN_RULES: Mapping[str, str] = {
    "one_shift_a_day": "یک شیفت در روز",
    "skills_needed": "مهارت لازم",
    "not_while_absent": "نبود شیفت در غیبت",
    "locks_kept": "خانه‌های قفل‌شده",
    "allowed_shifts": "شیفت‌های مجاز",
    "hours_per_day": "ساعت در روز",
    "hours_per_week": "ساعت در هفته",
    "hours_per_month": "ساعت در ماه",
    "hours_per_period": "ساعت در دوره",
    "average_hours": "میانگین ساعت هفته",
    "hours_in_window": "ساعت در چند روز پیاپی",
    "overtime": "اضافه‌کاری",
    "premium_hours": "ساعت‌های گران",
    "days_per_week": "روز کاری در هفته",
    "shift_count": "شمار شیفت‌ها",
    "no_work_on": "روزهای بی‌کار",
    "min_rest": "استراحت میان دو شیفت",
    "weekly_rest": "استراحت هفتگی",
    "rest_after_nights": "استراحت پس از شب‌کاری",
    "max_consecutive_days": "روز کاری پیاپی",
    "min_consecutive_days": "کمترین روز کاری پیاپی",
    "min_days_off": "کمترین روز تعطیل پیاپی",
    "max_consecutive_nights": "شب پیاپی",
    "max_nights": "شب‌کاری",
    "no_nights": "منع شب‌کاری",
    "night_length": "درازای شب‌کاری",
    "max_weekends": "آخر هفتهٔ کاری",
    "whole_weekends": "آخر هفتهٔ کامل",
    "forbidden_succession": "شیفت‌های پیاپی ناروا",
    "forward_rotation": "چرخش رو به جلو",
    "start_band": "بازهٔ شروع",
    "shift_types_per_week": "گوناگونی شیفت در هفته",
    "presence": "حضور",
    "skill_cover": "پوشش مهارت",
    "breaks_apart": "استراحت‌های جدا",
    "fair_weekends": "عدالت آخر هفته",
    "fair_nights": "عدالت شب‌کاری",
    "fair_holidays": "عدالت تعطیلات",
    "fair_starts": "عدالت شروع‌ها",
    "fair_busy": "عدالت ساعت‌های شلوغ",
    "fair_wishes": "عدالت خواسته‌ها",
    "senior_wishes": "خواسته‌های باسابقه‌ها",
    "stability": "پایداری برنامه",
}
STEP = re.compile(r"^(\w+) (.+)->(.+)$")


def loosening_words(relaxation: str, language: Language) -> str:
    """Every rule of a relaxation in words, with the old and the new value.

    >>> from wfm.calendars import Calendar
    >>> loosening_words("days_per_week 4->5 and no_nights dropped", Language.of("en", Calendar()))
    'days per week 4 → 5 and without no nights'
    """
    return language.say("and").join(_part(part, language) for part in relaxation.split(" and "))


def _part(part: str, language: Language) -> str:
    step = STEP.match(part)
    if step is None:
        return language.say("rule_dropped", rule=rule_words(part.removesuffix(" dropped"), language))
    name, old, new = step.groups()
    return language.say(
        "rule_step", rule=rule_words(name, language), old=_value(old, language), new=_value(new, language)
    )


def rule_words(name: str, language: Language) -> str:
    """A rule's name in words."""
    words = name.replace("_", " ")
    return PERSIAN_RULES.get(name, words) if language.code == "fa" else words


def _value(text: str, language: Language) -> str:
    """A number, or a duration such as `11 h 30 min`."""
    if language.code != "fa":
        return text
    for word, persian in ((" h", " ساعت"), (" min", " دقیقه"), (" s", " ثانیه")):
        text = re.sub(rf"(?<=\d){word}\b", persian, text)
    return language.digits(text)
