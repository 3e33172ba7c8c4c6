#include "mainstay/stream/byte_map.h"

#include <algorithm>
#include <functional>

namespace mainstay::stream {
namespace {
constexpr std::size_t kFewestSlots = 64;
// Memory kept by Clear: enough for a write by each record of a full transaction. A larger one gives the rest back.
constexpr std::size_t kKeptSlots = 65'536;
// Fewer than one entry in so many slots: freeing each entry's slot is cheaper than wiping all.
constexpr std::size_t kSparse = 8;
}  // namespace

ByteMap::Slot* ByteMap::Probe(std::string_view key, std::uint32_t tag, std::size_t start) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = start & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.entry == kNone || (slot.tag == tag && At(slot.entry).key == key)) return &slot;
  }
}

ByteMap::Entry* ByteMap::Find(std::string_view key) {
  if (count_ == 0) return nullptr;
  const std::size_t hash = std::hash<std::string_view>{}(key);
  const Slot* const slot = Probe(key, static_cast<std::uint32_t>(hash >> 32), hash);
  if (slot->entry == kNone) return nullptr;
  Entry& entry = At(slot->entry);
  return entry.present ? &entry : nullptr;
}

ByteMap::Entry& ByteMap::FindOrAdd(std::string_view key) {
  if ((used_ + 1) * 2 > slots_.size()) Grow();
  const std::size_t hash = std::hash<std::string_view>{}(key);
  Slot* const slot = Probe(key, static_cast<std::uint32_t>(hash >> 32), hash);
  if (slot->entry != kNone) return At(slot->entry);
  if (used_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Chunk>());
  *slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(used_)};
  Entry& entry = At(used_++);
  entry.key.assign(key);
  entry.hash = hash;
  return entry;
}

void ByteMap::Grow() {
  slots_.assign(std::max(kFewestSlots, slots_.size() * 2), Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < used_; ++i) {
    std::size_t at = At(i).hash & mask;
    while (slots_[at].entry != kNone) at = (at + 1) & mask;
    slots_[at] = {static_cast<std::uint32_t>(At(i).hash >> 32), static_cast<std::uint32_t>(i)};
  }
}

void ByteMap::FreeSlots() {
  if (used_ * kSparse > slots_.size()) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    return;
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < used_; ++i) {
    std::size_t at = At(i).hash & mask;
    while (slots_[at].entry != i) at = (at + 1) & mask;  // Free ones between are those of entries before.
    slots_[at] = Slot{};
  }
}

void ByteMap::Clear() {
  if (used_ == 0) return;
  if (slots_.size() <= kKeptSlots) {
    FreeSlots();
  } else {
    slots_.assign(kKeptSlots, Slot{});
    slots_.shrink_to_fit();
  }
  for (std::size_t i = 0; i < used_; ++i) {
    Entry& entry = At(i);
    entry.key = {};
    entry.value.reset();
    entry.present = false;
  }
  used_ = 0;
  count_ = 0;
  chunks_.resize(std::min(chunks_.size(), kKeptSlots / 2 / kChunk));
}

}  // namespace mainstay::stream
