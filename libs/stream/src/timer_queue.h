// The earliest timer of a shard, over the store and the overlay together.
//
// Fired timers leave tombstones at the head of the table, which every scan from its start would walk over again; so
// the queue remembers below which key no timer is left, and reads committed timers ahead in growing chunks.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mainstay/base/result.h"
#include "mainstay/stream/overlay.h"
#include "mainstay/stream/ports.h"

namespace mainstay::stream {

class TimerQueue {
 public:
  TimerQueue(Overlay& overlay, Store& store) : overlay_(overlay), store_(store) {}

  struct Head {
    std::string key;  // As in kTimerTable.
    std::string payload;
  };
  // The earliest timer if it is due at or before `until_ms`. It stays until it is erased in the overlay.
  [[nodiscard]] Result<std::optional<Head>> Due(std::int64_t until_ms);
  // The earliest timer's time; nullopt without one.
  [[nodiscard]] Result<std::optional<std::int64_t>> NextAt();

  // A timer was written to the overlay. An undone write needs no word.
  void Added(std::int64_t at_ms, std::string_view table_key);
  // The overlay went into the store.
  void Committed();
  // The overlay was dropped, or the store replaced.
  void Reset();

 private:
  [[nodiscard]] Result<void> Refill();
  [[nodiscard]] Result<void> SkipShadowed();
  void SkipDeadOwn();

  Overlay& overlay_;
  Store& store_;
  std::int64_t bound_ms_ = INT64_MIN;  // No timer is earlier.
  std::string floor_;                  // No timer has a smaller key.
  // Committed timers from `floor_` on that the overlay does not shadow at the front.
  std::deque<std::pair<std::string, std::string>> committed_;
  // Timers set since the last commit, the earliest first; those that were replaced, cancelled or undone since then are
  // passed over when they come up.
  std::vector<std::string> own_;
  std::string read_from_;
  bool exhausted_ = false;
  std::size_t chunk_ = 1;
};

}  // namespace mainstay::stream
