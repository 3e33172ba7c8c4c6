#include "mainstay/risk/order_days.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mainstay::risk {
namespace {

constexpr std::chrono::days kHeadSpan{36'525};
constexpr double kDaysPerWeek = 7;

double Weeks(Day from, Day to) { return static_cast<double>((to - from).count()) / kDaysPerWeek; }

// Takes the next counting day. REQUIRES: days come in ascending order.
void Append(std::optional<OrderStatistics>& statistics, Day day) {
  if (!statistics) {
    statistics = OrderStatistics{{}, day, day};
    return;
  }
  Repeats& repeats = statistics->repeats;
  ++repeats.x;
  repeats.t_x = Weeks(statistics->first, day);
  repeats.ln_gap_sum += std::log(Weeks(statistics->last, day));
  statistics->last = day;
}

void SetBit(FoldedDays& folded, Day day) {
  if (folded.bits.empty()) folded.first = day;
  if (day < folded.first) {  // Rare: older than all before. Shift by whole bytes to make room.
    const auto bytes = static_cast<std::size_t>(((folded.first - day).count() + 7) / 8);
    folded.bits.insert(0, bytes, '\0');
    folded.first -= std::chrono::days{8 * static_cast<std::int64_t>(bytes)};
  }
  const auto bit = static_cast<std::size_t>((day - folded.first).count());
  if (folded.bits.size() <= bit / 8) folded.bits.resize(bit / 8 + 1, '\0');
  folded.bits[bit / 8] = static_cast<char>(static_cast<unsigned char>(folded.bits[bit / 8]) | (1U << (bit % 8)));
}

}  // namespace

Result<void> OrderDays::Add(Day day, Money change) {
  if (change == Money{}) return {};
  std::vector<OrderDay>& days = parts_.days;
  if (!parts_.folded.bits.empty() && day <= parts_.folded.through) {
    AddToHead(day, change);
    return {};
  }
  auto at =
      std::lower_bound(days.begin(), days.end(), day, [](const OrderDay& d, Day wanted) { return d.day < wanted; });
  const bool known = at != days.end() && at->day == day;
  const bool counted = known && at->net > Money{};
  const std::optional<Money> net = known ? CheckedAdd(at->net, change) : change;
  if (!net) return InvalidField("amount", "the orders of " + FormatDay(day) + " add up to more than money can hold");
  const bool counts = *net > Money{};

  if (*net == Money{}) {
    days.erase(at);
  } else if (known) {
    at->net = *net;
  } else {
    days.insert(at, OrderDay{day, *net});
  }
  if (counts != counted) {
    const bool in_time = counts && (!parts_.statistics || day > parts_.statistics->last);
    if (in_time) {
      Append(parts_.statistics, day);
    } else {
      parts_.statistics = Recompute();
    }
  }
  if (days.size() > kKept) FoldOldest();
  return {};
}

void OrderDays::AddToHead(Day day, Money change) {
  // The head knows days, no amounts: it can gain a day and cannot lose one.
  if (change < Money{} || parts_.folded.through - day > kHeadSpan) return;
  SetBit(parts_.folded, day);
  parts_.statistics = Recompute();
}

void OrderDays::FoldOldest() {
  const OrderDay oldest = parts_.days.front();
  parts_.days.erase(parts_.days.begin());
  // A head starts with its first counting day; a day of negative net before that is simply gone.
  if (oldest.net > Money{}) SetBit(parts_.folded, oldest.day);
  parts_.folded.through = oldest.day;

  const std::int64_t surplus = (parts_.folded.through - parts_.folded.first - kHeadSpan).count() / 8;
  if (surplus <= 0 || parts_.folded.bits.empty()) return;
  parts_.folded.bits.erase(0, static_cast<std::size_t>(surplus));
  parts_.folded.first += std::chrono::days{8 * surplus};
  parts_.statistics = Recompute();
}

std::optional<OrderStatistics> OrderDays::Recompute() const {
  std::optional<OrderStatistics> statistics;
  const FoldedDays& folded = parts_.folded;
  for (std::size_t byte = 0; byte < folded.bits.size(); ++byte) {
    const auto bits = static_cast<unsigned char>(folded.bits[byte]);
    for (unsigned bit = 0; bits >> bit != 0; ++bit) {
      if ((bits >> bit & 1U) == 0) continue;
      Append(statistics, folded.first + std::chrono::days{static_cast<std::int64_t>(8 * byte + bit)});
    }
  }
  for (const OrderDay& day : parts_.days) {
    if (day.net > Money{}) Append(statistics, day.day);
  }
  return statistics;
}

std::optional<ValueTrend> ValueTrendOf(const OrderDays& days, const EventId& last_order) {
  constexpr double kSlow = 0.9;
  constexpr double kFast = 0.6;
  std::optional<ValueTrend> trend;
  for (const OrderDay& day : days.parts().days) {
    if (day.net <= Money{}) continue;
    const auto value = static_cast<double>(day.net.units());
    if (!trend) {
      trend = ValueTrend{last_order, value, value};
      continue;
    }
    trend->slow = kSlow * trend->slow + (1 - kSlow) * value;
    trend->fast = kFast * trend->fast + (1 - kFast) * value;
  }
  return trend;
}

}  // namespace mainstay::risk
