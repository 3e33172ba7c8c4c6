#pragma once

#include <string>

#include "mainstay/query/v1/answer.pb.h"
#include "table.h"

namespace mainstay::cli {

// "1,234.50 GBP": an answer's money for people.
[[nodiscard]] inline std::string Text(const query::v1::Money& money) {
  return MoneyText(money.amount(), money.currency());
}

}  // namespace mainstay::cli
