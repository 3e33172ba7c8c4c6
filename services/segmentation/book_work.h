// One record's or timer's work on one book: load, decide, put, emit. Shard thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "live_book.h"
#include "mainstay/stream/processor.h"
#include "mainstay/vocabulary/events.h"
#include "ranking_table.h"
#include "state.h"

namespace mainstay::segmentation {

// Outputs, in the order of the topology.
inline constexpr stream::OutputId kSegmentsOutput = 0;
inline constexpr stream::OutputId kInternalOutput = 1;

inline constexpr std::size_t kSweepStep = 5'000;  // Clients per step of what is done for all of a book.

// Rankings of the books of a shard, and which of them hold writes of the current record.
class LiveBooks {
 public:
  [[nodiscard]] Result<LiveBook*> Find(stream::Context& context, const BookId& id, const BookRecord& book);
  void Touch(const BookId& id) {
    touched_.insert(id.raw());
    clients_.Moved(id);
  }
  [[nodiscard]] TouchedClients& clients() { return clients_; }
  // Before a commit: what queries read is brought up to date.
  [[nodiscard]] Result<void> Store(stream::Context& context);
  void BeginRecord() { touched_.clear(); }
  void Rollback(stream::Rollback scope);

 private:
  std::map<std::string, std::unique_ptr<LiveBook>> books_;
  std::set<std::string> touched_;
  TouchedClients clients_;
};

class BookWork {
 public:
  [[nodiscard]] static Result<BookWork> Open(stream::Context& context, LiveBooks& live, const BookId& id);

  [[nodiscard]] Result<std::optional<ClientRecord>> Load(const ClientId& id);
  // Stores `client`, which stood at `before`, decided anew, and everybody whose rank_tier that changed.
  [[nodiscard]] Result<void> Rerank(const ClientId& id, ClientRecord client, const Standing& before,
                                    const std::string& cause);
  // Decides tier, persona, flags and next best product of one client, and tells a change.
  [[nodiscard]] Result<void> Decide(const ClientId& id, ClientRecord client, TierTrigger trigger, Tier rank_tier,
                                    const std::string& cause);
  // Decides persona and flags anew, not the tier, whose revenue is as in the rankings.
  [[nodiscard]] Result<void> Refresh(const ClientId& id, ClientRecord client, const Standing& before,
                                     const std::string& cause);
  // Brings the rankings up to `client`, whose revenue is as it was.
  [[nodiscard]] Result<void> KeepRanked(const ClientId& id, const Standing& before, const ClientRecord& client);
  // Takes a client that stood at `before` out of the rankings and of the table; tells that it has no tier any more.
  [[nodiscard]] Result<void> Remove(const ClientId& id, ClientRecord client, const Standing& before,
                                    const std::string& cause);
  // Stores a client that no decision is needed for. REQUIRES: it was loaded.
  void Store(const ClientId& id, const ClientRecord& client);
  // A decision for every client of the book: "policy" (new tiers or tier rules), "moved" (an import ended), "persona".
  [[nodiscard]] Result<void> StartSweep(std::string_view kind, const std::string& cause);
  // Stores the book if it changed.
  void PutBook();

  [[nodiscard]] Result<LiveBook*> Rankings() { return live_->Find(*context_, id_, book_); }
  void TouchRankings() { live_->Touch(id_); }
  [[nodiscard]] stream::Context& context() { return *context_; }
  [[nodiscard]] const BookId& id() const { return id_; }
  [[nodiscard]] BookRecord& book() { return book_; }
  [[nodiscard]] std::string ClientKey(const ClientId& client) const;
  // Calls `visit` for up to kSweepStep clients after `after`; the last one's id, empty when there are no more.
  [[nodiscard]] Result<std::string> ForClientsAfter(
      std::string_view after, const std::function<Result<void>(const ClientId&, ClientRecord)>& visit);

 private:
  BookWork(stream::Context& context, LiveBooks& live, const BookId& id, BookRecord book)
      : context_(&context), live_(&live), id_(id), book_(std::move(book)), stored_(Encode(book_)) {}
  [[nodiscard]] Result<void> Finish(const ClientId& id, ClientRecord client, const std::string& cause);
  [[nodiscard]] Result<void> DecideOthers(const ClientId& id, const std::vector<RankTierChange>& changes,
                                          const std::string& cause);
  void Tell(const ClientId& id, ClientRecord& client, Published now, std::vector<Evidence> evidence,
            const std::string& cause);

  stream::Context* context_;
  LiveBooks* live_;
  BookId id_;
  BookRecord book_;
  std::string stored_;
};

}  // namespace mainstay::segmentation
