"""Business hours worked out slowly, minute by minute, to compare the quick arithmetic with."""

from datetime import UTC, datetime, timedelta

from workflows.hours import Calendar

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(days=6)


class Minutes:
    """All minutes of a window around a moment, and which of them are open."""

    def __init__(self, calendar: Calendar, around: datetime) -> None:
        middle = around.astimezone(UTC).replace(second=0, microsecond=0)
        self.first, self.last = middle - WINDOW, middle + WINDOW
        self.always = calendar.empty
        self.open = set() if calendar.empty else self._open(calendar)

    def _open(self, calendar: Calendar) -> set[datetime]:
        """A period takes all minutes from the first to the last whose wall clock is in it."""
        by_day: dict[object, list[tuple[int, datetime]]] = {}
        minute = self.first - timedelta(days=2)
        while minute < self.last + timedelta(days=2):
            wall = minute.astimezone(calendar.zone)
            by_day.setdefault(wall.date(), []).append((wall.hour * 60 + wall.minute, minute))
            minute += MINUTE
        found: set[datetime] = set()
        for day, minutes in by_day.items():
            for opens, closes in calendar.days.get(day, calendar.week[day.weekday()]):
                inside = [moment for wall, moment in minutes if opens <= wall < closes]
                if inside:
                    length = (inside[-1] - inside[0]) // MINUTE + 1
                    found.update(inside[0] + number * MINUTE for number in range(length))
        return found

    def is_open(self, minute: datetime) -> bool:
        return self.always or minute in self.open

    def add(self, start: datetime, duration: timedelta) -> datetime | None:
        """None where the window is too short."""
        now, left = start.astimezone(UTC), duration
        while left and now < self.last:
            minute = now.replace(second=0, microsecond=0)
            step = minute + MINUTE - now
            if self.is_open(minute):
                step = min(step, left)
                left -= step
            now += step
        return None if left else now

    def subtract(self, end: datetime, duration: timedelta) -> datetime | None:
        """None where the window is too short."""
        now, left = end.astimezone(UTC), duration
        while left and now > self.first:
            minute = (now - timedelta(microseconds=1)).replace(second=0, microsecond=0)
            step = now - minute
            if self.is_open(minute):
                step = min(step, left)
                left -= step
            now -= step
        return None if left else now

    def between(self, a: datetime, b: datetime) -> timedelta:
        now, end, found = a.astimezone(UTC), b.astimezone(UTC), timedelta()
        while now < end:
            minute = now.replace(second=0, microsecond=0)
            step = min(minute + MINUTE, end) - now
            if self.is_open(minute):
                found += step
            now += step
        return found

    def next_opening(self, at: datetime) -> datetime | None:
        """None where the window is too short."""
        now = at.astimezone(UTC)
        while now < self.last:
            minute = now.replace(second=0, microsecond=0)
            if self.is_open(minute):
                return now
            now = minute + MINUTE
        return None
