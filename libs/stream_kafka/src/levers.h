// Levers for tests, which must show that the checkers notice. Never set in production.
#pragma once

#include <atomic>

namespace mainstay::stream_kafka {

struct Levers {
  std::atomic<bool> die_after_commit{false};   // The next Commit reaches the log; its log hears of nothing afterwards.
  std::atomic<bool> die_before_commit{false};  // The next Commit has produced everything, and the process is gone.
  std::atomic<bool> unclear_commit{false};     // The next Commit happens and answers kUnknown.
  std::atomic<bool> taint_next{false};         // As if a request of the next transaction had timed out.
  std::atomic<bool> ignore_taint{false};       // Breaks: tainted producers are kept.
  std::atomic<bool> random_transactional_id{false};  // Breaks fencing.
  std::atomic<bool> restore_without_dedup{false};    // Breaks dedup after a lost disk.
};
[[nodiscard]] Levers& TestLevers();

}  // namespace mainstay::stream_kafka
