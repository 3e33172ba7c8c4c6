#include "activity.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {
namespace {

using stream::JoinKey;

constexpr std::size_t kDayBytes = 8;

std::string EncodeEntry(const ActivityEntry& entry) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, entry.minutes);
  stream::AppendOrderedInt64(bytes, entry.frictions);
  return bytes;
}

ActivityEntry DecodeEntry(std::string_view bytes) {
  return {stream::ReadOrderedInt64(bytes), stream::ReadOrderedInt64(bytes.substr(8))};
}

std::string Bytes(const Hash128& hash) {
  const auto bytes = hash.Bytes();
  return {bytes.data(), bytes.size()};
}

struct Stored {
  std::string what;
  Day day;
  ActivityEntry entry;
};

// The entries with from <= day <= to.
Result<std::vector<Stored>> Between(stream::Context& context, const std::string& prefix, Day from, Day to) {
  std::vector<Stored> stored;
  std::string first = prefix;
  stream::AppendOrderedInt64(first, ToDayNumber(from));
  MAINSTAY_TRY(context.Scan(kActivity, prefix, first, [&](std::string_view key, std::string_view value) {
    const std::string_view rest = key.substr(prefix.size());
    const Day day = FromDayNumber(static_cast<std::int32_t>(stream::ReadOrderedInt64(rest)));
    if (day > to) return false;
    stored.push_back({std::string(rest.substr(kDayBytes)), day, DecodeEntry(value)});
    return true;
  }));
  return stored;
}

constexpr Day kFirstDay{std::chrono::days{-10'000'000}};
constexpr Day kLastDay{std::chrono::days{10'000'000}};

}  // namespace

std::string Activity::IdKey(std::string_view what) const {
  return JoinKey({book_id_.raw(), id_.raw()}) + '\0' + std::string(what);
}

std::string Activity::DayKey(Day day, std::string_view what) const {
  std::string key = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  stream::AppendOrderedInt64(key, ToDayNumber(day));
  return key + std::string(what);
}

void Activity::Count(Day day, const ActivityEntry& entry, int sign) {
  const Day today = client_.activity_day;
  if (day > today - kEffortDays) client_.minutes += sign * entry.minutes;
  if (day > today - kFrictionDays) client_.frictions += sign * entry.frictions;
}

void Activity::Keep(const std::string& what, Day day, const ActivityEntry& entry) {
  std::string day_bytes;
  stream::AppendOrderedInt64(day_bytes, ToDayNumber(day));
  context_.Put(kActivityDays, IdKey(what), std::move(day_bytes));
  context_.Put(kActivity, DayKey(day, what), EncodeEntry(entry));
  client_.activity_since = std::min(client_.activity_since.value_or(day), day);
}

Result<void> Activity::Advance() {
  const Day today = DayOf(context_.Now());
  const Day before = client_.activity_day;
  if (today <= before) return {};
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  if (client_.frictions > 0) {
    const Day from = before - kFrictionDays + std::chrono::days{1};
    MAINSTAY_TRY_ASSIGN(left, Between(context_, prefix, from, today - kFrictionDays));
    for (const Stored& stored : left) client_.frictions -= stored.entry.frictions;
  }
  client_.activity_day = today;
  const Day oldest_kept = today - kEffortDays + std::chrono::days{1};
  if (!client_.activity_since || *client_.activity_since >= oldest_kept) return {};
  // Not from the first day: the store would step over all that was forgotten before.
  MAINSTAY_TRY_ASSIGN(forgotten, Between(context_, prefix, *client_.activity_since, today - kEffortDays));
  for (const Stored& stored : forgotten) {
    if (stored.day > before - kEffortDays) client_.minutes -= stored.entry.minutes;
    context_.Erase(kActivity, DayKey(stored.day, stored.what));
    context_.Erase(kActivityDays, IdKey(stored.what));
  }
  client_.activity_since = oldest_kept;
  return {};
}

Result<bool> Activity::Add(const Hash128& hash, Instant at, ActivityEntry entry) {
  MAINSTAY_TRY(Advance());
  const std::string what = Bytes(hash);
  const Day day = std::min(DayOf(at), client_.activity_day);
  if (day <= client_.activity_day - kEffortDays) return false;  // Too old to count, now or ever.
  MAINSTAY_TRY_ASSIGN(known, context_.Get(kActivityDays, IdKey(what)));
  if (known) return false;
  Keep(what, day, entry);
  Count(day, entry, 1);
  if (!book_.activity_day || day > *book_.activity_day) book_.activity_day = day;
  return true;
}

Result<bool> Activity::TakeBack(const Hash128& hash) {
  MAINSTAY_TRY(Advance());
  const std::string what = Bytes(hash);
  MAINSTAY_TRY_ASSIGN(known, context_.Get(kActivityDays, IdKey(what)));
  // A mark of today without effort: the thing itself is known when it comes, and leaves with its day.
  const Day day =
      known ? FromDayNumber(static_cast<std::int32_t>(stream::ReadOrderedInt64(*known))) : client_.activity_day;
  if (known) {
    MAINSTAY_TRY_ASSIGN(bytes, context_.Get(kActivity, DayKey(day, what)));
    if (bytes) Count(day, DecodeEntry(*bytes), -1);
  }
  Keep(what, day, {});
  return known.has_value();
}

Result<void> Activity::Erase() {
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(all, Between(context_, prefix, kFirstDay, kLastDay));
  for (const Stored& stored : all) {
    context_.Erase(kActivity, DayKey(stored.day, stored.what));
    context_.Erase(kActivityDays, IdKey(stored.what));
  }
  client_.minutes = 0;
  client_.frictions = 0;
  return {};
}

Result<void> Activity::MoveTo(const ClientId& into, ClientRecord& into_client) {
  const std::string prefix = JoinKey({book_id_.raw(), id_.raw()}) + '\0';
  MAINSTAY_TRY_ASSIGN(all, Between(context_, prefix, kFirstDay, kLastDay));
  MAINSTAY_TRY(Erase());
  Activity target(context_, book_id_, book_, into, into_client);
  MAINSTAY_TRY(target.Advance());
  for (const Stored& stored : all) {
    if (stored.day <= into_client.activity_day - kEffortDays) continue;
    MAINSTAY_TRY_ASSIGN(known, context_.Get(kActivityDays, target.IdKey(stored.what)));
    if (known) continue;  // Both were sent the same fact.
    target.Keep(stored.what, stored.day, stored.entry);
    target.Count(stored.day, stored.entry, 1);
  }
  return {};
}

}  // namespace mainstay::segmentation
