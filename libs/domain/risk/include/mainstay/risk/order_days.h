// One client's orders as the churn model sees them: the days on which it bought, and what follows from them.
//
// Several orders of one day count once, at the day in the book's zone; a day counts while its net amount is above 0,
// so corrections and refunds may remove it and bring it back. An order in time costs O(1); one that comes late, or
// takes a day away, costs one pass over the days. The statistics depend only on the set of days and never on the
// order in which they came: sums run from the oldest gap to the newest, so the bits agree as well.
//
// Bounded: the newest 256 days keep their amounts. Older ones fold into one bit a day; such a day still counts and
// may still be added late, but a refund can no longer take it away. The head covers at most 100 years.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/base/instant.h"
#include "mainstay/base/money.h"
#include "mainstay/base/result.h"
#include "mainstay/risk/models.h"
#include "mainstay/risk/signals.h"

namespace mainstay::risk {

struct OrderDay {
  Day day{};
  Money net;  // Never zero: such a day is not kept.
  friend bool operator==(const OrderDay&, const OrderDay&) = default;
};

// Days too old to keep an amount. Empty if `bits` is empty.
struct FoldedDays {
  Day first{};       // The day of bit 0.
  Day through{};     // Every day up to this one belongs to the head, whether it counts or not.
  std::string bits;  // Bit i (low bits first) is set if day first + i counts.
  friend bool operator==(const FoldedDays&, const FoldedDays&) = default;
};

struct OrderStatistics {
  Repeats repeats;  // In weeks.
  Day first{};
  Day last{};
  friend bool operator==(const OrderStatistics&, const OrderStatistics&) = default;
};

class OrderDays {
 public:
  static constexpr std::size_t kKept = 256;

  // All there is, to be stored and restored as it is.
  struct Parts {
    std::vector<OrderDay> days;  // Ascending, at most kKept.
    FoldedDays folded;
    std::optional<OrderStatistics> statistics;
    friend bool operator==(const Parts&, const Parts&) = default;
  };

  OrderDays() = default;
  // REQUIRES: `parts` came from parts(). Nothing is recomputed.
  explicit OrderDays(Parts parts) : parts_(std::move(parts)) {}
  [[nodiscard]] const Parts& parts() const { return parts_; }

  // Adds what an order brings to its day, or what a refund or correction takes from (adds to) its order's day.
  // Errors: kInvalidArgument if the day's net would overflow; nothing has changed then.
  [[nodiscard]] Result<void> Add(Day day, Money change);

  // nullopt: no day counts.
  [[nodiscard]] const std::optional<OrderStatistics>& statistics() const { return parts_.statistics; }
  // The same from nothing but the days; equals statistics() to the bit.
  [[nodiscard]] std::optional<OrderStatistics> Recompute() const;

  friend bool operator==(const OrderDays&, const OrderDays&) = default;

 private:
  void AddToHead(Day day, Money change);
  void FoldOldest();

  Parts parts_;
};

// The averages of the days' net amounts, oldest first; nullopt if no kept day counts. Costs one pass over the days.
[[nodiscard]] std::optional<ValueTrend> ValueTrendOf(const OrderDays& days, const EventId& last_order);

}  // namespace mainstay::risk
