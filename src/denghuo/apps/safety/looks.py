"""How trackers, zones and alarms look: icon and words beside the colour."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.safety.choices import AlarmKind, AlarmStage, TrackerKind, ZoneKind
from denghuo.web.states import Look, register_states

ALARM = {
    "sos": Look(AlarmKind.SOS.label, "urgent", "danger"),
    "fall": Look(AlarmKind.FALL.label, "alert-triangle", "danger"),
    "near_voltage": Look(AlarmKind.NEAR_VOLTAGE.label, "bolt", "danger"),
    "gas": Look(AlarmKind.GAS.label, "flame", "danger"),
    "entered": Look(AlarmKind.ENTERED.label, "login", "warn"),
    "left": Look(AlarmKind.LEFT.label, "logout", "warn"),
    "no_movement": Look(AlarmKind.NO_MOVEMENT.label, "player-pause", "warn"),
    "lost_contact": Look(AlarmKind.LOST_CONTACT.label, "wifi-off", "warn"),
}
register_states("safety_alarm_kind", ALARM)
register_states(
    "safety_stage",
    {
        "asked": Look(AlarmStage.ASKED.label, "user-question", "info"),
        "raised": Look(AlarmStage.RAISED.label, "bell-ringing", "danger"),
        "acknowledged": Look(AlarmStage.ACKNOWLEDGED.label, "eye-check", "progress"),
        "closed": Look(AlarmStage.CLOSED.label, "circle-check", "ok"),
    },
)
register_states(
    "safety_zone",
    {
        "site": Look(ZoneKind.SITE.label, "tools", "progress"),
        "working": Look(ZoneKind.WORKING.label, "hammer", "info"),
        "danger": Look(ZoneKind.DANGER.label, "alert-triangle", "warn"),
        "forbidden": Look(ZoneKind.FORBIDDEN.label, "ban", "danger"),
    },
)
register_states(
    "tracker_kind",
    {
        "person": Look(TrackerKind.PERSON.label, "user", "info"),
        "vehicle": Look(TrackerKind.VEHICLE.label, "truck", "progress"),
        "sensor": Look(TrackerKind.SENSOR.label, "broadcast", "neutral"),
    },
)
register_states(
    "tracker",
    {
        "fresh": Look(_("在线"), "wifi", "ok"),
        "stale": Look(_("久未更新"), "clock-exclamation", "warn"),
        "silent": Look(_("从未上报"), "wifi-off", "muted"),
        "off": Look(_("停用"), "ban", "muted"),
    },
)
