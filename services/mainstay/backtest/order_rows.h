// The rows of a file of orders that count for a backtest: refunds and cancellations left out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/vocabulary/calendar.h"

namespace mainstay::backtest {

// Online Retail's invoice lines are recognised by their titles; anything else is CSV with the columns client, time,
// amount and, with products, product. Plain or gzip.
struct OrderFile {
  std::string path;
  std::map<std::string, std::string> columns;  // Field -> title, where the titles are others.
  std::string time_format;                     // As for import; empty: ISO forms.
  bool with_products = false;
};

struct OrderRow {  // Views are valid during the visit.
  std::string_view client;
  Day day{};
  Money amount;  // Not below zero.
  std::string_view product;
};

struct RowCounts {
  std::uint64_t rows = 0;
  std::uint64_t skipped_no_client = 0;
  std::uint64_t cancelled = 0;  // Rows of cancellations and refunds.
  std::uint64_t unreadable = 0;
  std::string first_problem;  // "line 3: ..." of the first unreadable row.
};

// Errors: kUnavailable for a file that cannot be read, kInvalidArgument for one without the columns.
[[nodiscard]] Result<RowCounts> ReadOrderRows(const OrderFile& file, const std::function<void(const OrderRow&)>& visit,
                                              const std::function<void(std::uint64_t rows)>& progress);

}  // namespace mainstay::backtest
