#include "mainstay/stream/committed_cache.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

namespace mainstay::stream {
namespace {
constexpr std::size_t kFewestEntries = 64;
}

std::uint32_t CommittedCache::Hash(TableId table, std::string_view key) {
  const std::size_t hash = std::hash<std::string_view>{}(key) + table * std::size_t{0x9e3779b97f4a7c15};
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

std::size_t CommittedCache::BytesOf(const Entry& entry) {
  // Two slots, because at most half of them are taken, and what the allocator adds.
  return 2 * sizeof(Slot) + sizeof(Entry) + entry.key_size + entry.capacity + 16;
}

CommittedCache::EntryPtr CommittedCache::MakeEntry(TableId table, std::string_view key, std::size_t capacity) {
  void* const memory = ::operator new(sizeof(Entry) + key.size() + capacity);
  EntryPtr entry(new (memory) Entry);
  entry->key_size = static_cast<std::uint32_t>(key.size());
  entry->capacity = static_cast<std::uint32_t>(capacity);
  entry->table = table;
  if (!key.empty()) std::memcpy(entry->key(), key.data(), key.size());
  return entry;
}

void CommittedCache::Entry::SetValue(std::optional<std::string_view> new_value) {
  absent = !new_value.has_value();
  value_size = absent ? 0 : static_cast<std::uint32_t>(new_value->size());
  if (value_size > 0) std::memcpy(value(), new_value->data(), value_size);
}

std::size_t CommittedCache::Probe(TableId table, std::string_view key, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (!slot.entry) return at;
    if (slot.hash != hash || slot.entry->table != table) continue;
    if (std::string_view(slot.entry->key(), slot.entry->key_size) == key) return at;
  }
}

CommittedCache::Found CommittedCache::Find(TableId table, std::string_view key) {
  if (count_ == 0) return {};
  Slot& slot = slots_[Probe(table, key, Hash(table, key))];
  if (!slot.entry) return {};
  slot.asked_for = true;
  if (slot.entry->absent) return {true, std::nullopt};
  return {true, std::string_view(slot.entry->value(), slot.entry->value_size)};
}

void CommittedCache::Put(TableId table, std::string_view key, std::optional<std::string_view> value) {
  if (slots_.empty()) Grow();
  const std::uint32_t hash = Hash(table, key);
  PutAt(Probe(table, key, hash), table, key, hash, value);
}

void CommittedCache::Update(TableId table, std::string_view key, std::optional<std::string_view> value) {
  if (count_ == 0) return;
  const std::uint32_t hash = Hash(table, key);
  const std::size_t at = Probe(table, key, hash);
  if (slots_[at].entry) PutAt(at, table, key, hash, value);
}

// `at` is the place of the key.
void CommittedCache::PutAt(std::size_t at, TableId table, std::string_view key, std::uint32_t hash,
                           std::optional<std::string_view> value) {
  const std::size_t value_size = value ? value->size() : 0;
  if (slots_[at].entry && slots_[at].entry->capacity >= value_size) return slots_[at].entry->SetValue(value);
  if (slots_[at].entry) Remove(at);
  EntryPtr entry = MakeEntry(table, key, value_size);
  const std::size_t bytes = BytesOf(*entry);
  if (bytes > max_bytes_ / 8) return;
  entry->SetValue(value);
  MakeRoomFor(bytes);
  if ((count_ + 1) * 2 > slots_.size()) Grow();
  slots_[Probe(table, key, hash)] = {std::move(entry), hash, false};
  ++count_;
  bytes_ += bytes;
}

// Closes the gap, so that no probe ends at it too early.
void CommittedCache::Remove(std::size_t at) {
  const std::size_t mask = slots_.size() - 1;
  bytes_ -= BytesOf(*slots_[at].entry);
  --count_;
  std::size_t gap = at;
  for (std::size_t next = (gap + 1) & mask; slots_[next].entry; next = (next + 1) & mask) {
    const std::size_t home = slots_[next].hash & mask;
    // It may move into the gap unless its home lies behind the gap.
    if (((next - home) & mask) < ((next - gap) & mask)) continue;
    slots_[gap] = std::move(slots_[next]);
    gap = next;
  }
  slots_[gap] = Slot{};
}

void CommittedCache::MakeRoomFor(std::size_t bytes) {
  const std::size_t mask = slots_.size() - 1;
  while (count_ > 0 && bytes_ + bytes > max_bytes_) {
    Slot& slot = slots_[hand_ & mask];
    if (slot.entry && !slot.asked_for) {
      Remove(hand_ & mask);  // Another one may have moved here: the hand stays.
      continue;
    }
    slot.asked_for = false;
    ++hand_;
  }
}

void CommittedCache::Grow() {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(std::max(kFewestEntries, slots_.size() * 2)));
  const std::size_t mask = slots_.size() - 1;
  for (Slot& slot : old) {
    if (!slot.entry) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].entry) at = (at + 1) & mask;
    slots_[at] = std::move(slot);
  }
}

void CommittedCache::Clear() {
  slots_.clear();
  count_ = 0;
  bytes_ = 0;
  hand_ = 0;
}

}  // namespace mainstay::stream
