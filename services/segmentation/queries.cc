#include "queries.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "book_reading.h"
#include "health_query.h"
#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/status.h"
#include "mainstay/segmentation/pareto.h"
#include "mainstay/stream/key_builder.h"
#include "persona_query.h"
#include "review_queries.h"
#include "state.h"
#include "what_if.h"
#include "whitespace_queries.h"

namespace mainstay::segmentation {
namespace {

namespace q = query::v1;
using door::SetMoney;

constexpr int kRowsPerMessage = 1'000;
constexpr const char* kWinBack = "WIN_BACK";

void FillTiers(const std::array<TierShare, 3>& tiers, const Currency& currency,
               google::protobuf::RepeatedPtrField<q::TierSummary>& out) {
  for (const TierShare& tier : tiers) {
    q::TierSummary& row = *out.Add();
    row.set_tier(std::string(TierName(tier.tier)));
    row.set_clients(static_cast<std::int64_t>(tier.clients));
    SetMoney(tier.revenue, currency, *row.mutable_revenue());
    if (tier.share) row.set_share(*tier.share);
    if (tier.expected_share) row.set_expected_share(*tier.expected_share);
    if (tier.deviation) row.set_deviation(*tier.deviation);
    row.set_minutes(tier.minutes);
    if (tier.effort_share) row.set_effort_share(*tier.effort_share);
  }
}

void FillParetoRow(const ParetoRow& row, const Currency& currency, q::ParetoRow& out) {
  out.set_rank(static_cast<std::int64_t>(row.rank));
  out.set_client(row.client.raw());
  SetMoney(row.revenue, currency, *out.mutable_revenue());
  out.set_share(row.share);
  out.set_cumulative_share(row.cumulative_share);
  out.set_tier(std::string(TierName(row.tier)));
  out.set_rank_tier(std::string(TierName(row.rank_tier)));
  out.set_minutes(row.minutes);
  if (row.effort_share) out.set_effort_share(*row.effort_share);
}

// By offset and limit, until `take` returns false.
Result<void> ForRowsAsked(const Book& book, const q::GetParetoRequest& request,
                          const std::function<bool(const ParetoRow& row)>& take) {
  const std::uint64_t end = request.limit() == 0 ? UINT64_MAX : std::uint64_t{request.offset()} + request.limit();
  return book.ForRows(
      [&](const ParetoRow& row) { return row.rank <= request.offset() || (take(row) && row.rank < end); });
}

std::string OwnerOf(const ClientRecord& client) { return client.owner ? client.owner->raw() : "unassigned"; }

class SegmentationServiceImpl final : public q::SegmentationService::Service {
 public:
  SegmentationServiceImpl(const app::System& system, const stream::Topology& topology)
      : system_(system), state_(*system.state), topology_(topology) {}

  grpc::Status GetPareto(grpc::ServerContext*, const q::GetParetoRequest* request,
                         q::GetParetoResponse* response) override {
    return rpc::Answered(Pareto(*request, *response));
  }
  grpc::Status StreamPareto(grpc::ServerContext*, const q::GetParetoRequest* request,
                            grpc::ServerWriter<q::GetParetoResponse>* writer) override {
    return rpc::Answered(StreamRows(*request, *writer));
  }
  grpc::Status ListClients(grpc::ServerContext*, const q::ListClientsRequest* request,
                           q::ListClientsResponse* response) override {
    return rpc::Answered(Clients(*request, *response));
  }
  grpc::Status GetClient(grpc::ServerContext*, const q::GetClientRequest* request,
                         q::GetClientResponse* response) override {
    return rpc::Answered(Client(*request, *response));
  }
  grpc::Status GetWhitespace(grpc::ServerContext*, const q::GetWhitespaceRequest* request,
                             q::GetWhitespaceResponse* response) override {
    return rpc::Answered(AnswerWhitespace(state_, topology_, *request, *response));
  }
  grpc::Status GetReview(grpc::ServerContext*, const q::GetReviewRequest* request,
                         q::GetReviewResponse* response) override {
    return rpc::Answered(AnswerReview(state_, topology_, *request, *response));
  }
  grpc::Status DecideReview(grpc::ServerContext*, const q::DecideReviewRequest* request,
                            q::DecideReviewResponse* response) override {
    return rpc::Answered(PublishDecision(system_, topology_, *request, *response));
  }
  grpc::Status GetHealth(grpc::ServerContext*, const q::GetHealthRequest* request,
                         q::GetHealthResponse* response) override {
    return rpc::Answered(AnswerHealth(state_, topology_, *request, *response));
  }
  grpc::Status GetPersonas(grpc::ServerContext*, const q::GetPersonasRequest* request,
                           q::GetPersonasResponse* response) override {
    return rpc::Answered(AnswerPersonaQuestions(state_, topology_, *request, *response));
  }
  grpc::Status WhatIf(grpc::ServerContext*, const q::WhatIfRequest* request, q::WhatIfResponse* response) override {
    return rpc::Answered(AnswerWhatIf(state_, topology_, *request, *response));
  }
  grpc::Status GetPolicy(grpc::ServerContext*, const q::GetPolicyRequest* request,
                         q::GetPolicyResponse* response) override {
    return rpc::Answered(Policy(*request, *response));
  }

 private:
  Result<void> Pareto(const q::GetParetoRequest& request, q::GetParetoResponse& out) const {
    MAINSTAY_TRY_ASSIGN(book, ReadBook(state_, request.query()));
    MAINSTAY_TRY(FillParetoHead(book, out));
    return ForRowsAsked(book, request, [&](const ParetoRow& row) {
      FillParetoRow(row, book.currency(), *out.add_rows());
      return true;
    });
  }

  Result<void> FillParetoHead(const Book& book, q::GetParetoResponse& out) const {
    MAINSTAY_TRY_ASSIGN(pareto, AnswerPareto(book.record.policy, book.totals.pareto));
    door::FillHead(topology_, book.view, out);
    if (book.record.currency) out.set_currency(book.record.currency->raw());
    out.set_clients(static_cast<std::int64_t>(pareto.clients));
    SetMoney(pareto.revenue, book.currency(), *out.mutable_revenue());
    out.mutable_line_80()->set_clients(static_cast<std::int64_t>(pareto.line_80.clients));
    if (pareto.line_80.fraction) out.mutable_line_80()->set_fraction(*pareto.line_80.fraction);
    FillTiers(pareto.tiers, book.currency(), *out.mutable_tiers());
    FillTiers(pareto.effective_tiers, book.currency(), *out.mutable_effective_tiers());
    out.set_policy(FormatTierPolicy(book.record.policy));
    return {};
  }

  Result<void> StreamRows(const q::GetParetoRequest& request, grpc::ServerWriter<q::GetParetoResponse>& writer) const {
    MAINSTAY_TRY_ASSIGN(book, ReadBook(state_, request.query()));
    q::GetParetoResponse message;
    MAINSTAY_TRY(FillParetoHead(book, message));
    MAINSTAY_TRY(ForRowsAsked(book, request, [&](const ParetoRow& row) {
      FillParetoRow(row, book.currency(), *message.add_rows());
      if (message.rows_size() < kRowsPerMessage) return true;
      const bool taken = writer.Write(message);
      message.Clear();
      return taken;
    }));
    if (message.rows_size() > 0 || message.has_position()) writer.Write(message);
    return {};
  }

  // Best first: the ranked by rank, then the others by id.
  Result<void> Clients(const q::ListClientsRequest& request, q::ListClientsResponse& out) const {
    MAINSTAY_TRY_ASSIGN(book, ReadBook(state_, request.query()));
    door::FillHead(topology_, book.view, out);
    ClientPage page{request, book, out};
    std::int64_t rank = 0;
    Result<void> read{};
    MAINSTAY_TRY(ForRanked(*book.view.snapshot, book.view.book, [&](const ClientId& id, const ParetoPlace&) {
      const Result<std::optional<KnownClient>> client = book.Client(id);
      if (!client) read = tl::unexpected(client.error());
      return client && *client && page.Take(**client, ++rank);
    }));
    MAINSTAY_TRY(read);
    if (page.full()) return {};
    return ForClients(book.view, [&](const KnownClient& client) {
      return client.record.window.trailing > Money{} || page.Take(client, std::nullopt);
    });
  }

  // The rows of an answer: of those that are wanted, some are skipped and some are shown.
  struct ClientPage {
    const q::ListClientsRequest& request;
    const Book& book;
    q::ListClientsResponse& out;
    std::uint32_t skipped = 0;

    [[nodiscard]] bool HasStatus(const ClientRecord& client) const {
      if (request.status().empty()) return true;
      const ClientStatus status = StatusAt(client.facts(), book.view.at);
      if (request.status() != kWinBack) return request.status() == ClientStatusName(status);
      return status == ClientStatus::kLapsed || status == ClientStatus::kLost;
    }
    [[nodiscard]] bool full() const {
      return request.limit() != 0 && out.rows_size() >= static_cast<int>(request.limit());
    }
    bool Take(const KnownClient& client, std::optional<std::int64_t> rank) {
      if (!request.tier().empty() && request.tier() != TierName(client.record.tier.tier)) return true;
      const PersonaDecision persona = book.PersonaOf(client.record);
      if (!request.persona().empty() && request.persona() != PersonaName(persona.persona)) return true;
      if (!HasStatus(client.record)) return true;
      if (skipped < request.offset()) {
        ++skipped;
        return true;
      }
      FillSummary(book, client, rank, *out.add_rows());
      FillPersona(persona, *out.mutable_rows(out.rows_size() - 1)->mutable_persona());
      return !full();
    }
  };

  static void FillSummary(const Book& book, const KnownClient& client, std::optional<std::int64_t> rank,
                          q::ClientSummary& out) {
    out.set_client(client.id.raw());
    if (client.record.name) out.set_name(*client.record.name);
    out.set_tier(std::string(TierName(client.record.tier.tier)));
    out.set_rank_tier(std::string(TierName(client.record.tier.rank_tier)));
    if (rank) out.set_rank(*rank);
    SetMoney(client.record.window.trailing, book.currency(), *out.mutable_revenue());
    out.set_status(std::string(ClientStatusName(StatusAt(client.record.facts(), book.view.at))));
    out.set_owner(OwnerOf(client.record));
  }

  Result<void> Client(const q::GetClientRequest& request, q::GetClientResponse& out) const {
    MAINSTAY_TRY_ASSIGN(book, ReadBook(state_, request.query()));
    MAINSTAY_TRY_ASSIGN(found, book.TodaysClient(request.client()));
    door::FillHead(topology_, book.view, out);
    const ClientRecord& client = found.record;
    out.set_client(found.id.raw());
    if (found.id.raw() != request.client()) out.set_merged_into(found.id.raw());
    if (client.name) out.set_name(*client.name);
    out.set_status(std::string(ClientStatusName(StatusAt(client.facts(), book.view.at))));
    out.set_tier(std::string(TierName(client.tier.tier)));
    out.set_rank_tier(std::string(TierName(client.tier.rank_tier)));
    SetMoney(client.window.trailing, book.currency(), *out.mutable_revenue());
    if (client.window.trailing > Money{}) MAINSTAY_TRY(FillRank(book, found, out));
    MAINSTAY_TRY(FillDepth(book, found, request, out));
    out.set_owner(OwnerOf(client));
    if (client.since) out.set_since(FormatDay(*client.since));
    return {};
  }

  static Result<void> FillRank(const Book& book, const KnownClient& client, q::GetClientResponse& out) {
    out.set_share(LossSeverity(client.record.window.trailing, book.totals.pareto.revenue));
    MAINSTAY_TRY_ASSIGN(
        rank, StoredRankOf(*book.view.snapshot, book.view.book, book.totals, client.id, client.record.window.trailing));
    out.set_rank(rank);
    return {};
  }

  Result<void> Policy(const q::GetPolicyRequest& request, q::GetPolicyResponse& out) const {
    MAINSTAY_TRY_ASSIGN(view, door::OpenBook(state_, "segmentation", kBooks, request.query()));
    MAINSTAY_TRY_ASSIGN(record, ReadBookRecord(view));
    door::FillHead(topology_, view, out);
    out.set_tiers(FormatTierPolicy(record.policy));
    out.set_version(record.policy_version);
    for (const PolicyValueInfo& info : PolicyValueTable()) {
      q::PolicyValue& value = *out.add_values();
      value.set_name(std::string(info.name));
      value.set_value(record.values.*info.value);
      value.set_is_default(!record.thresholds.contains(value.name()));
      value.set_lowest(info.lo);
      value.set_highest(info.hi);
      value.set_text(std::string(info.text));
    }
    return {};
  }

  const app::System system_;
  const app::StateReader& state_;
  const stream::Topology& topology_;
};

class SegmentationDoors final : public app::Doors {
 public:
  SegmentationDoors(const app::System& system, const stream::Topology& topology) : service_(system, topology) {}
  std::vector<grpc::Service*> services() override { return {&service_}; }
  void OnEffect(std::int32_t, std::string) override {}
  void Shutdown() override {}

 private:
  SegmentationServiceImpl service_;
};

}  // namespace

std::unique_ptr<app::Doors> MakeSegmentationDoors(const app::System& system, const stream::Topology& topology) {
  return std::make_unique<SegmentationDoors>(system, topology);
}

}  // namespace mainstay::segmentation
