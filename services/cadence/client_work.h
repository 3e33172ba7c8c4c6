// The work of one input on one client: loaded once, facts folded in, decisions made, told and stored once.
//
// Load, change record() as the input says, call Plan() for what the input means for the cadence, then Finish().
// Shard thread only; lives within one OnRecord or OnTimer. Keeps references to the context and the book.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "book.h"
#include "mainstay/risk/level.h"
#include "mainstay/stream/processor.h"
#include "state.h"

namespace mainstay::cadence {

inline constexpr stream::OutputId kCadenceEventsOutput = 0;
inline constexpr stream::OutputId kChurnRiskOutput = 1;
inline constexpr stream::OutputId kInternalOutput = 2;
inline constexpr stream::OutputId kModelParametersOutput = 3;

// What a decision of the plan leaves in the record; its facts are the caller's to tell.
void TakePlan(Decision&& decision, ClientRecord& client);
// The level of a client of `book` whose facts and curve these are; REQUIRES: neither lost nor imported just now.
[[nodiscard]] risk::RiskDecision DecideRisk(const Book& book, const ClientId& id, const ClientRecord& client,
                                            const risk::ClientFacts& facts, const risk::ChurnCurve& curve, Instant now,
                                            const risk::RiskCause& cause);

class ClientWork {
 public:
  // A client nobody has heard of is an empty record.
  [[nodiscard]] static Result<ClientWork> Load(stream::Context& context, const Book& book, ClientId id);
  // From the bytes of the client table.
  [[nodiscard]] static Result<ClientWork> Of(stream::Context& context, const Book& book, ClientId id,
                                             std::string stored);

  [[nodiscard]] const ClientId& id() const { return id_; }
  [[nodiscard]] ClientRecord& record() { return *record_; }
  [[nodiscard]] bool known() const { return !stored_.empty(); }

  // `decide` is one of the plan's functions: ClientPlan&&, Situation -> Decision. What it tells is kept for Finish().
  template <class Decide>
  [[nodiscard]] Result<void> Plan(const Decide& decide) {
    MAINSTAY_TRY(RefreshZone());
    Take(decide(std::move(record_->plan), Around()));
    return {};
  }

  // At the end of an import: conditions and levels older than 30 days are taken over without a word.
  void TakeOverHistory();
  // Tells what was planned, evaluates the risk, sets the timers, stores.
  [[nodiscard]] Result<void> Finish(const risk::RiskCause& cause);
  // Only stores; for changes that decide nothing.
  void Store();
  // Tells what was planned, ends the risk episode and removes what is kept under the client's id.
  [[nodiscard]] Result<void> Erase(const risk::RiskCause& cause);

 private:
  ClientWork(stream::Context& context, const Book& book, ClientId id, std::string stored);
  [[nodiscard]] Situation Around() const;
  [[nodiscard]] Result<void> RefreshZone();
  void Take(Decision&& decision);
  void TellPlan();
  [[nodiscard]] Result<void> DecideAgreements();
  [[nodiscard]] std::optional<Instant> EvaluateRisk(const risk::RiskCause& cause);
  void CloseEpisode(const risk::RiskCause& cause);
  void TellRisk(const risk::RiskChange& change, const risk::ClientFacts& facts, const risk::Score* score);
  [[nodiscard]] Result<void> SyncTimer(stream::TimerKind kind, std::optional<Instant>& armed,
                                       std::optional<Instant> wanted);

  stream::Context& context_;
  const Book& book_;
  ClientId id_;
  std::string key_;
  std::string stored_;
  std::unique_ptr<ClientRecord> record_;  // Large, and the work is handed on.
  ZoneRules zone_;
  std::vector<CadenceFact> facts_;
  bool planned_ = false;
  std::optional<Instant> plan_timer_;
};

}  // namespace mainstay::cadence
