#include "rep_minutes.h"

#include "mainstay/stream/key_builder.h"

namespace mainstay::segmentation {

std::string Encode(const RepRecord& rep) {
  std::string bytes;
  stream::AppendOrderedInt64(bytes, rep.minutes);
  bytes.push_back(rep.sales ? 1 : 0);
  stream::AppendOrderedInt64(bytes, ToMs(rep.set.at));
  return bytes + rep.set.event.raw();
}

RepRecord DecodeRep(std::string_view bytes) {
  constexpr std::size_t kRole = sizeof(std::int64_t);
  constexpr std::size_t kAt = kRole + 1;
  constexpr std::size_t kEvent = kAt + sizeof(std::int64_t);
  RepRecord rep;
  rep.minutes = stream::ReadOrderedInt64(bytes);
  // Earlier versions wrote neither role nor stamp.
  if (bytes.size() > kRole) rep.sales = bytes[kRole] != 0;
  if (bytes.size() >= kEvent) {
    rep.set = {FromMs(stream::ReadOrderedInt64(bytes.substr(kAt))), EventId{std::string(bytes.substr(kEvent))}};
  }
  return rep;
}

ServiceMinutes MinutesOf(const Reps& reps, const std::set<std::string>& owners) {
  ServiceMinutes sum;
  const auto add = [&](std::int64_t minutes) {
    sum.per_week += minutes;
    ++sum.reps;
  };
  for (const auto& [id, rep] : reps) {
    if (rep.sales || owners.contains(id)) add(rep.minutes);
  }
  for (const std::string& owner : owners) {
    if (!reps.contains(owner)) add(kDefaultMinutes);
  }
  return sum;
}

std::optional<std::string> CallerOf(const ClientRecord& client, Tier cadence) {
  if (!client.owner || cadence == Tier::kNone) return std::nullopt;
  return client.owner->raw();
}

}  // namespace mainstay::segmentation
