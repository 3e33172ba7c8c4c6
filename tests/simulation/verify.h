// The checker: what one shard of the debug service must have done, given its input log and what its clients were told.
//
// It shares no code with the runtime: a second, simple implementation folds the log, and the shard's outputs and state
// must equal it byte for byte. Works on plain values, so it judges any log (simulated, embedded, Kafka).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mainstay/stream/record.h"

namespace mainstay::simulation {

inline constexpr std::int64_t kWindowMs = 35LL * 24 * 3600 * 1000;  // Of deduplication.

// What a client knows about one id it sent, over all its attempts.
enum class Knowledge : std::uint8_t { kOk, kFailed, kUnknown };

struct Line {
  std::int64_t ingest_ms = 0;
  std::string key;
  std::string value;
  friend auto operator<=>(const Line&, const Line&) = default;
};

struct ShardEvidence {
  std::vector<std::vector<stream::Record>> inputs;  // By topic id, in log order.
  std::vector<Line> left;
  std::vector<Line> right;
  std::vector<std::string> dead_ids;  // Ids of dead letters, in order.
  int wrong_letters = 0;              // Set aside with a reason that is not theirs.
  std::map<std::string, std::string> lists;
  // Timer and dedup tables: how many entries they hold.
  std::size_t timers = 0;
  std::size_t timer_index = 0;
  std::map<std::string, Knowledge> sent;  // Good requests of this shard's keys, by id.
};

// What is wrong, for a person; empty: nothing.
[[nodiscard]] std::vector<std::string> Verify(const ShardEvidence& evidence);

// How often the reference met the rare paths, so that a run can show that it is not vacuous.
struct Probes {
  int reminders = 0;
  int repeats_of_ids = 0;
  int forgotten_ids = 0;  // Seen again after the window.
  int set_aside = 0;
};
[[nodiscard]] Probes CountProbes(const ShardEvidence& evidence);

}  // namespace mainstay::simulation
