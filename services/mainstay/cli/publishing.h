// Publishing one event from the command line.
#pragma once

#include <string>

#include "mainstay/base/result.h"
#include "mainstay/query/v1/event.pb.h"

namespace mainstay::cli {

class Invocation;

struct OneEvent {
  std::string type;
  std::string client;  // Empty for events of the book itself.
  std::string data;    // JSON.
  std::string id;      // Empty: made at random.
  std::string source = "mainstay-cli";
  std::string time;           // Empty: the system's now.
  bool from_options = false;  // Made of a command's options, so that what is refused about it is wrong usage.
  bool advance = false;       // Allow a time more than 31 days beyond a `data` clock.
};

// Publishes to the invocation's book, waits until it is processed, prints the verdict, returns the exit code.
[[nodiscard]] int PublishOne(Invocation& invocation, const OneEvent& event);
// The same into `book` without printing; an Error if it was rejected.
[[nodiscard]] Result<query::v1::Acknowledgement> PublishQuietly(Invocation& invocation, const OneEvent& event,
                                                                const std::string& book);

[[nodiscard]] Result<query::v1::GetClockResponse> GetClock(Invocation& invocation);
// Brings every shard of a `data` clock to `until` (RFC 3339; empty: the newest stream time of any shard).
[[nodiscard]] Result<void> AdvanceClock(Invocation& invocation, const std::string& until);

}  // namespace mainstay::cli
