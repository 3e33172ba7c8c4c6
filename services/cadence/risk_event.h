// What a churn score says to others: reasons with the events behind them, inputs, money.
#pragma once

#include <optional>
#include <vector>

#include "book.h"
#include "mainstay/risk/interval.h"
#include "mainstay/risk/level.h"
#include "mainstay/risk/score.h"
#include "mainstay/vocabulary/out_events.h"

namespace mainstay::cadence {

// The score's reasons, and one without points for each rule condition whose event none of them cites. By points
// descending, then kind.
[[nodiscard]] std::vector<RiskReason> ReasonsOf(const risk::Score& score, const std::vector<risk::RuleCondition>& open);

// The central 90 % of P_churn over what the book's fit leaves open; nullopt without a fit or without an order part.
[[nodiscard]] std::optional<risk::Interval> IntervalOf(const risk::ClientFacts& facts, const risk::Score& score,
                                                       const Book& book);

// Revenue of the last 365 days, as far as it is above 0, times P_churn.
[[nodiscard]] Money AtStake(const ClientRecord& client, const risk::Score& score);

// `score` of a client that is not lost; null for the end of an episode by loss or erasure.
[[nodiscard]] ChurnRiskChanged MakeRiskChanged(const risk::RiskChange& change, const risk::ClientFacts& facts,
                                               const risk::Score* score, const ClientRecord& client, const Book& book);

}  // namespace mainstay::cadence
