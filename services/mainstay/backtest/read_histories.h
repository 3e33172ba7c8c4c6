// Reads order days from a file of transactions: one order a day and client, refunds and cancellations left out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/risk/backtest.h"

namespace mainstay::backtest {

struct ReadHistories {
  std::vector<risk::DayHistory> histories;  // By client id.
  std::uint64_t rows = 0;
  std::uint64_t skipped_no_client = 0;
  std::uint64_t cancelled = 0;  // Rows of cancellations and refunds.
  std::uint64_t unreadable = 0;
  std::string first_problem;  // "line 3: ..." of the first unreadable row.
};

// Online Retail's invoice lines are recognised by their titles; anything else is CSV with the columns client, time and
// amount, which `columns` (field -> title) renames. `time_format` as for import. Plain or gzip.
[[nodiscard]] Result<ReadHistories> ReadOrderDays(const std::string& path,
                                                  const std::map<std::string, std::string>& columns,
                                                  const std::string& time_format,
                                                  const std::function<void(std::uint64_t rows)>& progress);

}  // namespace mainstay::backtest
