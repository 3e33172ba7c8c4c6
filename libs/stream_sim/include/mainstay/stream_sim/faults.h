// What can go wrong in a simulated shard, and how its ports can be built wrongly on purpose.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace mainstay::stream_sim {

// What happens at one commit. The process dies at a kCrash: every later call of its ports fails.
enum class CommitFault : std::uint8_t {
  kNone,
  kAborted,             // The broker gave up the transaction and says so.
  kUnknownAborted,      // No answer; it did not happen.
  kUnknownCommitted,    // No answer; it happened.
  kUnknownPrepared,     // No answer; it will have happened once the coordinator has written its marker.
  kCrashBeforeCommit,   // Nothing reached the broker.
  kCrashInTransaction,  // Records reached the broker, the transaction never ends.
  kCrashAfterPrepare,   // Dies with the marker still to be written.
  kCrashAfterCommit,    // Committed, not applied to the store.
  kCrashInApply,        // Dies in the store's atomic write, before it took effect.
  kCrashAfterApply,     // Applied; the loop never hears of it.
};
inline constexpr int kCommitFaults = 11;

[[nodiscard]] constexpr bool IsCrash(CommitFault fault) { return fault >= CommitFault::kCrashBeforeCommit; }

// The levers of one shard's process. Shared by its log and its store.
struct Faults {
  std::function<CommitFault()> at_commit;  // Asked once a commit; empty: nothing ever goes wrong.
  // The rest belongs to the ports.
  bool dead = false;
  CommitFault at_apply = CommitFault::kNone;
};

// How the ports are built. All but the first are promises broken on purpose: controls that a checker must notice.
struct Mutations {
  // The store forgets dedup ids this long after they were first seen, in stream time; zero: never. From the window's
  // length on that is right, and what a compaction filter does; below it is a mutation.
  std::chrono::milliseconds sweep_dedup_after{0};
  bool meta_in_second_transaction = false;
  bool apply_before_commit = false;
  bool no_fencing = false;                // An old owner's transactions still commit.
  bool acquire_ignores_prepared = false;  // Restores up to the last stable offset.
  bool hide_lag = false;                  // A topic that is behind looks finished.
  bool torn_apply = false;                // META and half of the changes survive a crash in the store's write.
  bool changelog_without_timers = false;
  bool changelog_without_dedup = false;
  // Ids expire when they happen to be swept away, now and then after the window, and not by their age when asked for.
  bool dedup_expires_by_sweeping = false;
  bool stream_time_not_in_meta = false;  // How far timers have fired is forgotten with the process.
  bool no_taken_marks = false;           // Nobody remembers which record a process died of.
};

}  // namespace mainstay::stream_sim
