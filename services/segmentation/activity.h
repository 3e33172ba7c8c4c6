// What a client takes: minutes of touches in 365 days, friction events in 180, by UTC day. Shard thread only.
#pragma once

#include <cstdint>
#include <string_view>

#include "mainstay/base/hash.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::segmentation {

inline constexpr std::chrono::days kEffortDays{365};
inline constexpr std::chrono::days kFrictionDays{180};

struct ActivityEntry {
  std::int64_t minutes = 0;
  std::int64_t frictions = 0;
};

class Activity {
 public:
  Activity(stream::Context& context, const BookId& book_id, BookRecord& book, const ClientId& id, ClientRecord& client)
      : context_(context), book_id_(book_id), book_(book), id_(id), client_(client) {}

  // The record's windows end with the UTC day of Now(): takes out what has left them.
  [[nodiscard]] Result<void> Advance();
  // Counts something that happened at `at`, once per `what`. False: known, or taken back before it came.
  [[nodiscard]] Result<bool> Add(const Hash128& what, Instant at, ActivityEntry entry);
  // Takes it back; what never came will not count when it does.
  [[nodiscard]] Result<bool> TakeBack(const Hash128& what);

  [[nodiscard]] Result<void> Erase();
  [[nodiscard]] Result<void> MoveTo(const ClientId& into, ClientRecord& into_client);

 private:
  void Count(Day day, const ActivityEntry& entry, int sign);
  void Keep(const std::string& what, Day day, const ActivityEntry& entry);
  [[nodiscard]] std::string IdKey(std::string_view what) const;
  [[nodiscard]] std::string DayKey(Day day, std::string_view what) const;

  stream::Context& context_;
  const BookId& book_id_;
  BookRecord& book_;
  const ClientId& id_;
  ClientRecord& client_;
};

}  // namespace mainstay::segmentation
