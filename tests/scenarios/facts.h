// Expected facts about an answer: "tiers[0].clients = 40".
//
//   PATH = VALUE | != VALUE | < <= > >= NUMBER | ~ NUMBER | contains VALUE | has COUNT | absent
//
// PATH: names with dots; [2] the third entry of a list, [-1] the last, [client=c1] the only one whose field has that
// value. VALUE is JSON, or else text. ~ compares to as many decimals as are written. `contains` looks into a list or a
// text; `has` counts a list.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace mainstay::scenarios {

// Empty if `fact` holds for `answer`, else what is there instead.
[[nodiscard]] std::string CheckFact(const nlohmann::ordered_json& answer, const std::string& fact);

}  // namespace mainstay::scenarios
