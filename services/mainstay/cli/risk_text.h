// Risk for people: the level, the numbers, the first reasons.
#pragma once

#include <string>

#include "mainstay/query/v1/cadence.pb.h"
#include "table.h"

namespace mainstay::cli {

// "silent 9.4 weeks, usual 3.1: +41; 26 past orders: -17": the first `limit` reasons; only raising ones if there are.
[[nodiscard]] std::string ReasonsText(const query::v1::RiskRow& risk, int limit);
void PrintRisk(const query::v1::RiskRow& risk, const Terminal& terminal);
void PrintInputs(const query::v1::ScoreInputs& inputs, const Terminal& terminal);

}  // namespace mainstay::cli
