#include "effort.h"

#include <charconv>
#include <chrono>
#include <string>
#include <variant>

#include "fold_leads.h"
#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/wire/wire_bytes.h"

namespace mainstay::cadence {
namespace {

constexpr char kPacked = 1;
constexpr std::size_t kMostBytes = 192;  // In a record: of about as many touches as the plan keeps.
constexpr std::size_t kInstantBytes = 8;

std::uint32_t HashOf(std::string_view source, std::string_view id) {
  return static_cast<std::uint32_t>(HashParts({source, id}).low);
}

void Pack(const Effort& effort, std::string& to) {
  if (to.empty()) to.push_back(kPacked);
  wire::AppendZigZag(ToMs(effort.at), to);
  stream::AppendUint16(to, static_cast<std::uint16_t>(effort.touch >> 16));
  stream::AppendUint16(to, static_cast<std::uint16_t>(effort.touch));
  wire::AppendVarint(static_cast<std::uint64_t>(effort.minutes), to);
}

bool Unpack(wire::WireBytes& packed, Effort& effort) {
  std::int64_t ms = 0;
  std::string_view hash;
  std::uint64_t minutes = 0;
  if (!packed.TakeZigZag(&ms) || !packed.TakeBytes(4, &hash) || !packed.TakeVarint(&minutes)) return false;
  effort.at = FromMs(ms);
  effort.touch = std::uint32_t{stream::ReadUint16(hash)} << 16 | stream::ReadUint16(hash.substr(2));
  effort.minutes = static_cast<std::int64_t>(minutes);
  return true;
}

tl::unexpected<Error> Damaged() { return Fail(ErrorCode::kDataLoss, "the stored minutes of touches are damaged"); }

// Begins with an instant that no touch in it is after, like the key of every entry that grows too old.
std::string EntryKey(Instant now, std::string_view packed) {
  std::string key;
  stream::AppendOrderedInt64(key, ToMs(now));
  stream::AppendOrderedInt64(key, static_cast<std::int64_t>(HashParts({packed}).low));
  return key;
}

void Keep(stream::Context& context, const BookId& book, const ClientId& id, const Effort& effort,
          ClientRecord& client) {
  if (context.Now() - effort.at > kFactsKept) return;
  Pack(effort, client.effort);
  if (client.effort.size() < kMostBytes) return;
  context.Put(kEffort, ClientPrefix(book, id) + EntryKey(context.Now(), client.effort), client.effort);
  client.effort.clear();
}

// The first touch of a client in each of these, and a late one, looks for what is too old: looking costs more than
// keeping one.
bool OpensPeriod(const ClientPlan& plan, Instant at) {
  constexpr std::chrono::days kPeriod{64};
  const auto period = [&](Instant t) { return t.time_since_epoch() / kPeriod; };
  return !plan.touches.empty() && period(at) != period(plan.touches.front().at);
}

}  // namespace

Result<void> ReadEffort(std::string_view packed, std::vector<Effort>& to) {
  if (packed.empty()) return {};
  if (packed.front() != kPacked) return Damaged();
  for (wire::WireBytes rest(packed.substr(1)); !rest.done();) {
    if (!Unpack(rest, to.emplace_back())) return Damaged();
  }
  return {};
}

Result<void> ReadEffortEntry(std::string_view key, std::string_view value, std::vector<Effort>& to) {
  if (key.size() < kInstantBytes || value.empty()) return Damaged();
  if (value.front() == kPacked) return ReadEffort(value, to);
  Effort& effort = to.emplace_back();
  effort.at = FromMs(stream::ReadOrderedInt64(key));
  const std::string_view touch = key.substr(kInstantBytes);
  const std::size_t source_end = touch.find('\n');
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), effort.minutes);
  if (source_end == touch.npos || parsed.ec != std::errc{}) return Damaged();
  effort.touch = HashOf(touch.substr(0, source_end), touch.substr(source_end + 1));
  return {};
}

void KeepEffort(stream::Context& context, const BookId& book, const ClientId& id, const KeptTouch& touch,
                ClientRecord& client) {
  if (touch.minutes == 0) return;
  const EventRef& event = touch.event;
  Keep(context, book, id, {touch.at, HashOf(event.source, event.id.raw()), touch.minutes}, client);
}

Result<void> MoveEffort(stream::Context& context, const BookId& book, const ClientId& id, const ClientRecord& from,
                        ClientRecord& client) {
  std::vector<Effort> efforts;
  MAINSTAY_TRY(ReadEffort(from.effort, efforts));
  for (const Effort& effort : efforts) Keep(context, book, id, effort, client);
  return {};
}

Result<void> DropEffort(stream::Context& context, const BookId& book, const InEvent& event, const ClientPlan& plan) {
  const auto* touched = std::get_if<Touched>(&event.data);
  const auto* retracted = std::get_if<TouchRetracted>(&event.data);
  if (retracted != nullptr) {
    const EventRef ref{event.source, retracted->touch};
    for (const KeptTouches::View touch : plan.touches) {
      if (!touch.Is(ref) || touch.minutes > 0) continue;
      context.Erase(kEffort, ClientPrefix(book, *event.client) + EventKey(touch.at, ref.source, ref.id));
    }
  }
  if (touched == nullptr || !OpensPeriod(plan, event.time)) return {};
  return DropOld(context, kEffort, ClientPrefix(book, *event.client));
}

}  // namespace mainstay::cadence
