#include "mainstay/stream/seen_ids.h"

#include <algorithm>

namespace mainstay::stream {
namespace {
constexpr std::size_t kFewestIdSlots = 64;
// Memory kept by Clear: enough for an id of each record of a full transaction.
constexpr std::size_t kKeptIdSlots = 131'072;
}  // namespace

std::size_t SeenIds::SlotOf(const Hash128& id) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = id.low & mask;
  while (slots_[at] != kNone && entries_[slots_[at]].seen.id != id) at = (at + 1) & mask;
  return at;
}

std::optional<std::int64_t> SeenIds::Find(const Hash128& id) const {
  if (entries_.empty()) return std::nullopt;
  const std::uint32_t at = slots_[SlotOf(id)];
  return at == kNone ? std::nullopt : std::optional(entries_[at].seen.at_ms);
}

void SeenIds::Add(const Hash128& id, std::int64_t at_ms) {
  if ((entries_.size() + 1) * 2 > slots_.size()) Grow();
  std::uint32_t& slot = slots_[SlotOf(id)];
  entries_.push_back({{id, at_ms}, slot});
  slot = static_cast<std::uint32_t>(entries_.size() - 1);
}

// The newest goes first, and what was put in its place later is gone by then, so no probe is cut short.
void SeenIds::TakeBack(std::size_t size) {
  while (entries_.size() > size) {
    slots_[SlotOf(entries_.back().seen.id)] = entries_.back().hides;
    entries_.pop_back();
  }
}

// In the order in which they came, which TakeBack relies on.
void SeenIds::Grow() {
  slots_.assign(std::max(kFewestIdSlots, slots_.size() * 2), kNone);
  for (std::uint32_t at = 0; at < entries_.size(); ++at) slots_[SlotOf(entries_[at].seen.id)] = at;
}

std::vector<SeenId> SeenIds::All() const {
  std::vector<SeenId> all;
  all.reserve(entries_.size());
  for (std::uint32_t at = 0; at < entries_.size(); ++at) {
    if (slots_[SlotOf(entries_[at].seen.id)] == at) all.push_back(entries_[at].seen);
  }
  return all;
}

void SeenIds::Clear() {
  if (entries_.empty()) return;
  if (slots_.size() > kKeptIdSlots) {
    slots_ = std::vector<std::uint32_t>(kKeptIdSlots, kNone);
    entries_ = {};
    return;
  }
  std::fill(slots_.begin(), slots_.end(), kNone);
  entries_.clear();
}

}  // namespace mainstay::stream
