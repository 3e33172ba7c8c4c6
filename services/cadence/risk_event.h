// What a churn score says to others: reasons with the events behind them, inputs, money.
#pragma once

#include <optional>
#include <vector>

#include "book.h"
#include "mainstay/risk/client_value.h"
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

// How the book counts, for a client of the tier. Winning another one costs what the book has set; until then some years
// of the calls that the tier asks for.
[[nodiscard]] risk::Economics EconomicsOf(const BookRecord& book, Tier tier);
// What keeping the client is worth; risk::MoneyAtStake() of it is at stake.
[[nodiscard]] risk::ClientValue ValueOf(const ClientRecord& client, const risk::ClientFacts& facts,
                                        const risk::Score& score, const Book& book);

// `score` of a client that is not lost; null for the end of an episode by loss or erasure.
[[nodiscard]] ChurnRiskChanged MakeRiskChanged(const risk::RiskChange& change, const risk::ClientFacts& facts,
                                               const risk::Score* score, const ClientRecord& client, const Book& book);

}  // namespace mainstay::cadence
