// Snapshots of clients' inputs that wait for their labels, and the labels that have come.
//
// The open snapshots of a client are one value of kSnapshots, headed by the instant at which the first matures; labels
// lie in kMatured under book and the number of the first, some hundred to a value, the newest kKeptLabels of a book.
// Shard thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "book.h"
#include "mainstay/risk/learning.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

[[nodiscard]] double WeeksBetween(Instant from, Instant to);

inline constexpr std::int64_t kKeptLabels = 50'000;

struct OpenSnapshot {
  risk::Snapshot snapshot;
  double published = 0;  // P_churn of the version then in use.
};

// A label that has come. Says nothing of whose it is.
struct MaturedRecord {
  risk::Matured row;     // With the log-odds of the version then in use.
  double published = 0;  // As of OpenSnapshot.
};

// The snapshots of one client that are open.
class ClientSnapshots {
 public:
  // `stored`: the client's value of kSnapshots, empty if there is none. Keeps references to all but `stored`.
  ClientSnapshots(stream::Context& context, const Book& book, const ClientId& id, std::string_view stored);

  // Takes out those whose labels have matured and adds the labels.
  [[nodiscard]] Result<void> TakeMatured(const ClientRecord& client, std::vector<MaturedRecord>& labels);
  // Adds one of now. A client without an order part leaves none.
  [[nodiscard]] Result<void> Take(const ClientRecord& client);
  // Writes what has changed.
  void Store();

 private:
  [[nodiscard]] Result<void> Open();

  stream::Context& context_;
  const Book& book_;
  const ClientId& id_;
  std::string stored_;
  std::optional<std::vector<OpenSnapshot>> open_;  // Decoded when it is needed.
  bool changed_ = false;
};

// A lost client's snapshots mature at the next look; an erased one's are dropped.
[[nodiscard]] Result<void> LabelAtOnce(stream::Context& context, const BookId& book, const ClientId& client);
void DropSnapshots(stream::Context& context, const BookId& book, const ClientId& client);

// Keeps labels, numbered on from `number`.
void StoreLabels(stream::Context& context, const BookId& book, std::int64_t number,
                 const std::vector<MaturedRecord>& labels);
// The labels kept whose value begins at `first` or later: a look's begin a value.
[[nodiscard]] Result<std::vector<risk::Matured>> ReadLabels(stream::Context& context, const BookId& book,
                                                            std::int64_t first);
// Drops values that hold none of the newest kKeptLabels of `matured` labels.
[[nodiscard]] Result<void> DropOldLabels(stream::Context& context, const BookId& book, std::int64_t matured);

[[nodiscard]] std::string Encode(const std::vector<OpenSnapshot>& open);
[[nodiscard]] Result<std::vector<OpenSnapshot>> DecodeSnapshots(std::string_view bytes);
[[nodiscard]] std::string Encode(const std::vector<MaturedRecord>& labels, std::size_t from, std::size_t to);
[[nodiscard]] Result<std::vector<MaturedRecord>> DecodeLabels(std::string_view bytes);

}  // namespace mainstay::cadence
