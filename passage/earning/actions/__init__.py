"""Every write of earning: rules and their versions, counters, tiers and who holds them."""

from passage.earning.actions.bonuses import keep_feasts, welcome
from passage.earning.actions.rules import (
    change_rule,
    create_rule,
    date_back,
    end_rule,
    publish,
    stop,
    write_usages,
)
from passage.earning.actions.tiers import (
    give_tier,
    judge_merged,
    publish_tiers,
    review_tiers,
    set_tiers,
    take_tier_back,
    write_tier_changes,
)

__all__ = [
    "change_rule",
    "create_rule",
    "date_back",
    "end_rule",
    "give_tier",
    "judge_merged",
    "keep_feasts",
    "publish",
    "publish_tiers",
    "review_tiers",
    "set_tiers",
    "stop",
    "take_tier_back",
    "welcome",
    "write_tier_changes",
    "write_usages",
]
