// What clients bought, from a file of orders: as order days, and as products before and after a cut.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "backtest/order_rows.h"
#include "mainstay/base/result.h"
#include "mainstay/risk/backtest.h"
#include "mainstay/segmentation/next_product_backtest.h"

namespace mainstay::backtest {

struct ReadHistories {
  std::vector<risk::DayHistory> histories;  // By client id.
  RowCounts counts;
};

// One order a day and client; days without a net amount above zero are dropped. Errors: those of ReadOrderRows.
[[nodiscard]] Result<ReadHistories> ReadOrderDays(const OrderFile& file,
                                                  const std::function<void(std::uint64_t rows)>& progress);

struct ReadPurchases {
  std::vector<segmentation::PurchaseHistory> histories;  // By client id.
  Day last{};                                            // Of all rows.
  RowCounts counts;
};

// Before: days up to `cut`; after: the `horizon_days` that follow. `file.with_products` is set. Errors: the same.
[[nodiscard]] Result<ReadPurchases> ReadProducts(OrderFile file, Day cut, std::int64_t horizon_days,
                                                 const std::function<void(std::uint64_t rows)>& progress);

}  // namespace mainstay::backtest
