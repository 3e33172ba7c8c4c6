#include "queries.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "agreement_answers.h"
#include "book_reading.h"
#include "fold_topics.h"
#include "list_answers.h"
#include "mainstay/cadence/call_list.h"
#include "mainstay/cadence/checkup.h"
#include "mainstay/cadence/workload.h"
#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/rpc/status.h"
#include "model_answers.h"
#include "risk_event.h"
#include "what_if.h"

namespace mainstay::cadence {
namespace {

namespace q = query::v1;

constexpr std::size_t kReasonsOfACall = 3;

CallCandidate CandidateOf(const BookReading& reading, const KnownClient& client) {
  const ClientPlan& plan = client.record.plan;
  CallCandidate candidate;
  candidate.client = client.id;
  candidate.tier = plan.tier;
  candidate.due = *plan.due;
  candidate.overdue = OverdueDayOf(plan, reading.book.terms(), reading.book.record.calendar);
  const ScoredClient scored = ScoreOf(reading, client);
  if (scored.score.probability) candidate.expected_loss = scored.at_stake;
  candidate.last_touch = LastTouch(plan);
  return candidate;
}

void FillReasons(const BookReading& reading, const KnownClient& client, const CallRow& call, q::CallRow& out) {
  const std::string due = FormatDay(call.candidate.due);
  out.add_reasons(call.days_overdue > 0 ? "touch overdue since " + FormatDay(call.candidate.overdue)
                                        : "touch due " + due);
  std::size_t told = 0;
  for (const RiskReason& reason : ReasonsOf(ScoreOf(reading, client).score, client.record.risk.open)) {
    if (reason.points < 0 || told == kReasonsOfACall) break;
    out.add_reasons(reason.text);
    ++told;
  }
}

Result<void> FillCall(const BookReading& reading, const KnownClient& client, const CallRow& call, Day day,
                      q::CallRow& out) {
  out.set_client(client.id.raw());
  out.set_tier(std::string(TierName(call.candidate.tier)));
  out.set_due(FormatDay(call.candidate.due));
  out.set_days_overdue(call.days_overdue);
  out.set_minutes(call.minutes);
  if (call.candidate.expected_loss) {
    door::SetMoney(*call.candidate.expected_loss, reading.currency(), *out.mutable_expected_loss());
  }
  if (call.candidate.last_touch) out.set_last_touch(FormatInstant(*call.candidate.last_touch));
  FillReasons(reading, client, call, out);
  MAINSTAY_TRY_ASSIGN(topics, TopicsOn(*reading.view.snapshot, reading.book.id, client.id, day));
  for (const std::string& topic : topics) out.add_talk_about(topic);
  return {};
}

void FillCount(const EventCount& from, q::EventCount& out) {
  out.set_count(from.count);
  for (const EventId& event : from.event_ids) out.add_event_ids(event.raw());
}

class CadenceServiceImpl final : public q::CadenceService::Service {
 public:
  CadenceServiceImpl(const app::StateReader& state, const stream::Topology& topology)
      : state_(state), topology_(topology) {}

  grpc::Status ListCalls(grpc::ServerContext*, const q::ListCallsRequest* request,
                         q::ListCallsResponse* response) override {
    return rpc::Answered(Calls(*request, *response));
  }
  grpc::Status GetWorkload(grpc::ServerContext*, const q::GetWorkloadRequest* request,
                           q::GetWorkloadResponse* response) override {
    return rpc::Answered(WorkloadOf(*request, *response));
  }
  grpc::Status GetCheckup(grpc::ServerContext*, const q::GetCheckupRequest* request,
                          q::GetCheckupResponse* response) override {
    return rpc::Answered(CheckupOf(*request, *response));
  }
  grpc::Status ListRisks(grpc::ServerContext*, const q::ListRisksRequest* request,
                         q::ListRisksResponse* response) override {
    return rpc::Answered(Risks(*request, *response));
  }
  grpc::Status GetCadence(grpc::ServerContext*, const q::GetCadenceRequest* request,
                          q::GetCadenceResponse* response) override {
    return rpc::Answered(CadenceOf(*request, *response));
  }

  grpc::Status ListGoals(grpc::ServerContext*, const q::ListGoalsRequest* request,
                         q::ListGoalsResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, [&](const BookReading& reading, auto& out) {
      return FillGoals(reading, *request, out);
    }));
  }
  grpc::Status GetModel(grpc::ServerContext*, const q::GetModelRequest* request,
                        q::GetModelResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, FillModel));
  }
  grpc::Status GetCalibration(grpc::ServerContext*, const q::GetCalibrationRequest* request,
                              q::GetCalibrationResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, [&](const BookReading& reading, auto& out) {
      return FillCalibration(reading, *request, out);
    }));
  }
  grpc::Status ListRenewals(grpc::ServerContext*, const q::ListRenewalsRequest* request,
                            q::ListRenewalsResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, [&](const BookReading& reading, auto& out) {
      return FillRenewals(reading, *request, out);
    }));
  }
  grpc::Status ListGaps(grpc::ServerContext*, const q::ListGapsRequest* request,
                        q::ListGapsResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, FillGaps));
  }
  grpc::Status WhatIfCadence(grpc::ServerContext*, const q::WhatIfCadenceRequest* request,
                             q::WhatIfCadenceResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, [&](const BookReading& reading, auto& out) {
      return FillWhatIf(reading, *request, out);
    }));
  }
  grpc::Status GetProof(grpc::ServerContext*, const q::GetProofRequest* request,
                        q::GetProofResponse* response) override {
    return rpc::Answered(Answer(request->query(), *response, FillProof));
  }

 private:
  // `fill` completes the answer from a reading.
  template <class Response, class Fill>
  Result<void> Answer(const q::BookQuery& query, Response& out, const Fill& fill) const {
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, query));
    door::FillHead(topology_, reading.view, out);
    return fill(reading, out);
  }

  Result<void> Calls(const q::ListCallsRequest& request, q::ListCallsResponse& out) const {
    if (request.rep().empty()) return InvalidField("rep", "say whose calls; clients without owner are of 'unassigned'");
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, request.query()));
    CallListRequest asked;
    asked.day = reading.book.zone.LocalDay(reading.view.at);
    if (!request.day().empty()) {
      const Result<Day> day = ParseDay(request.day());
      if (!day) return InvalidField("day", day.error().message);
      asked.day = *day;
    }
    MAINSTAY_TRY_ASSIGN(reps, ReadReps(reading));
    asked.weekly_minutes = WeeklyMinutes(reps, request.rep());
    asked.call_minutes = std::llround(std::ceil(reading.book.record.policy.minutes_per_call));
    asked.all = request.all();
    MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
    std::map<std::string, const KnownClient*> by_id;
    std::vector<CallCandidate> candidates;
    for (const KnownClient& client : clients) {
      const std::optional<Day>& due = client.record.plan.due;
      if (!due || *due > asked.day || OwnerOf(client.record) != request.rep()) continue;
      by_id[client.id.raw()] = &client;
      candidates.push_back(CandidateOf(reading, client));
    }
    const CallList calls = MakeCallList(std::move(candidates), asked, reading.book.record.calendar);
    door::FillHead(topology_, reading.view, out);
    out.set_rep(request.rep());
    out.set_day(FormatDay(asked.day));
    out.set_minutes(calls.minutes);
    out.set_capacity_minutes(calls.capacity_minutes);
    out.set_due(calls.due);
    for (const CallRow& call : calls.rows) {
      MAINSTAY_TRY(FillCall(reading, *by_id.at(call.candidate.client.raw()), call, asked.day, *out.add_rows()));
    }
    return {};
  }

  // Reps with clients, and all other sales reps.
  Result<void> WorkloadOf(const q::GetWorkloadRequest& request, q::GetWorkloadResponse& out) const {
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, request.query()));
    MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
    MAINSTAY_TRY_ASSIGN(reps, ReadReps(reading));
    std::map<std::string, TierCounts> counts;
    for (const auto& [rep, record] : reps) {
      if (record.sales) counts[rep];
    }
    for (const KnownClient& client : clients) {
      if (!IsInCallPlan(client.record)) continue;
      counts[OwnerOf(client.record)].Add(client.record.plan.tier);
    }
    std::vector<RepClients> all;
    all.reserve(counts.size());
    for (const auto& [rep, tiers] : counts) all.push_back({RepId{rep}, WeeklyMinutes(reps, rep), tiers});
    const double call_minutes = reading.book.record.policy.minutes_per_call;
    const Workload workload = MakeWorkload(std::move(all), reading.book.terms(), call_minutes);
    door::FillHead(topology_, reading.view, out);
    out.set_calls_per_week(workload.calls_per_week);
    out.set_calls_per_week_52(workload.calls_per_week_52);
    out.set_hours_per_week(workload.hours_per_week);
    for (const TierWorkload& tier : workload.by_tier) {
      q::TierWorkload& row = *out.add_by_tier();
      row.set_tier(std::string(TierName(tier.tier)));
      row.set_clients(tier.clients);
      row.set_calls_per_week(tier.calls_per_week);
    }
    for (const RepWorkload& rep : workload.reps) {
      q::RepWorkload& row = *out.add_reps();
      row.set_rep(rep.rep.raw());
      row.set_minutes(rep.minutes);
      row.set_capacity_minutes(rep.capacity_minutes);
      row.set_clients(rep.clients);
      row.set_over_capacity(rep.OverCapacity());
      if (rep.OverCapacity()) out.add_over_capacity(rep.rep.raw());
    }
    FillCapacity(reading.book, clients, reps, out);
    return {};
  }

  Result<void> CheckupOf(const q::GetCheckupRequest& request, q::GetCheckupResponse& out) const {
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, request.query()));
    MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
    MAINSTAY_TRY_ASSIGN(events, ReadCheckupEvents(reading));
    const Instant at = reading.view.at;
    std::vector<CheckupClient> counted;
    for (const KnownClient& client : clients) {
      if (client.record.plan.tier == Tier::kNone) continue;
      CheckupClient& row = counted.emplace_back();
      row.client = client.id;
      const std::optional<Instant> touch = LastTouch(client.record.plan);
      if (touch) row.days_since_touch = DaysSinceTouch(*touch, at, client.zone);
    }
    const Checkup checkup = MakeCheckup(counted, std::move(events), at, reading.book.zone);
    door::FillHead(topology_, reading.view, out);
    out.set_touch_data_connected(TouchDataConnected(reading.book.record.last_touch, at));
    out.mutable_clients()->set_count(checkup.clients);
    q::DaysSinceTouch& days = *out.mutable_days_since_touch();
    if (checkup.median) days.set_median(*checkup.median);
    if (checkup.p90) days.set_p90(*checkup.p90);
    if (checkup.worst) days.set_worst(*checkup.worst);
    days.set_never(checkup.never);
    for (const ClientDays& client : checkup.rows) {
      q::ClientDays& row = *days.add_rows();
      row.set_client(client.client.raw());
      row.set_days(client.days);
    }
    FillCount(checkup.lost_to_competition, *out.mutable_lost_to_competition());
    FillCount(checkup.competitor_calls, *out.mutable_competitor_calls());
    FillCount(checkup.emergencies, *out.mutable_emergencies());
    FillCount(checkup.referrals, *out.mutable_referrals());
    return {};
  }

  // Lost clients are left out: they no longer are about to leave.
  Result<void> Risks(const q::ListRisksRequest& request, q::ListRisksResponse& out) const {
    const std::string& wanted = request.level();
    if (!wanted.empty() && wanted != "LOW" && wanted != "ELEVATED" && wanted != "HIGH") {
      return InvalidField("level", "it must be LOW, ELEVATED or HIGH");
    }
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, request.query()));
    MAINSTAY_TRY_ASSIGN(clients, ReadClients(reading));
    std::vector<std::pair<const KnownClient*, ScoredClient>> rows;
    for (const KnownClient& client : clients) {
      const RiskLevel level = client.record.risk.level;
      const bool listed = wanted.empty() ? request.all() || level != RiskLevel::kLow : wanted == RiskLevelName(level);
      if (listed && !client.record.plan.lost) rows.emplace_back(&client, ScoreOf(reading, client));
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {  // Clients come by id.
      return a.second.at_stake > b.second.at_stake;
    });
    if (request.limit() != 0 && rows.size() > request.limit()) rows.resize(request.limit());
    door::FillHead(topology_, reading.view, out);
    for (const auto& [client, scored] : rows) FillRisk(reading, *client, scored, *out.add_rows());
    return {};
  }

  Result<void> CadenceOf(const q::GetCadenceRequest& request, q::GetCadenceResponse& out) const {
    MAINSTAY_TRY_ASSIGN(reading, OpenReading(state_, request.query()));
    MAINSTAY_TRY_ASSIGN(client, ReadClient(reading, request.client()));
    const ClientPlan& plan = client.record.plan;
    const ScoredClient scored = ScoreOf(reading, client);
    door::FillHead(topology_, reading.view, out);
    out.set_client(client.id.raw());
    out.set_tier(std::string(TierName(plan.tier)));
    if (const std::optional<Instant> touch = LastTouch(plan)) out.set_last_touch(FormatInstant(*touch));
    if (plan.due) out.set_next_due(FormatDay(*plan.due));
    if (plan.episode && plan.episode->overdue_since) out.set_overdue_since(FormatDay(*plan.episode->overdue_since));
    FillRisk(reading, client, scored, *out.mutable_risk());
    if (request.explain()) FillInputs(reading, scored, *out.mutable_inputs());
    return {};
  }

  const app::StateReader& state_;
  const stream::Topology& topology_;
};

class CadenceDoors final : public app::Doors {
 public:
  CadenceDoors(const app::System& system, const stream::Topology& topology) : service_(*system.state, topology) {}
  std::vector<grpc::Service*> services() override { return {&service_}; }
  void OnEffect(std::int32_t, std::string) override {}
  void Shutdown() override {}

 private:
  CadenceServiceImpl service_;
};

}  // namespace

std::unique_ptr<app::Doors> MakeCadenceDoors(const app::System& system, const stream::Topology& topology) {
  return std::make_unique<CadenceDoors>(system, topology);
}

}  // namespace mainstay::cadence
