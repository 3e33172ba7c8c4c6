#include "world.h"

#include <grpcpp/client_context.h>

#include <algorithm>

#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"
#include "mainstay/rpc/json.h"
#include "mainstay/rpc/status.h"
#include "mainstay/wire/cloud_event.h"
#include "services/mainstay/import/importer.h"

namespace mainstay::scenarios {
namespace {

namespace q = query::v1;
using Json = nlohmann::ordered_json;

std::string Setting(const Step& step, const std::string& name) {
  const auto found = step.settings.find(name);
  return found == step.settings.end() ? std::string() : found->second;
}

std::string Word(const Step& step, std::size_t index) {
  return index < step.words.size() ? step.words[index] : std::string();
}

bool Says(const Step& step, const std::string& word) {
  return std::find(step.words.begin() + 1, step.words.end(), word) != step.words.end();
}

template <class Stub, class Request, class Response>
Result<Response> Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  grpc::ClientContext context;
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return tl::unexpected(rpc::FromStatus(status));
  return response;
}

// One question of one service: fills the request from the step, answers with JSON.
struct Questioner {
  std::shared_ptr<grpc::Channel> channel;
  const std::string& book;
  const Step& step;

  template <class Service, class Request, class Response, class Fill>
  Json operator()(Service*, grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  Fill fill) const {
    Request request;
    fill(request);
    const auto stub = Service::NewStub(channel);
    const Result<Response> response = Call(*stub, method, request);
    if (response) return rpc::ToJson(*response);
    return {{"error", {{"field", response.error().field}, {"message", response.error().message}}}};
  }
  template <class Request>
  void Book(Request& request) const {
    request.mutable_query()->set_book(book);
    request.mutable_query()->set_at(Setting(step, "at"));
  }
};

// Other settings of a step than `but`, as values of a policy.
template <class Request>
void FillThresholds(const Step& step, std::string_view but, Request& request) {
  for (const auto& [name, value] : step.settings) {
    if (name != but && name != "at") (*request.mutable_thresholds())[name] = std::stod(value);
  }
}

// review, health, whitespace [client=C], what-if [tiers=T] [name=number ...], and decide client=C decision=D by=B.
Result<Json> AskInsights(const Questioner& ask, const Step& step) {
  using Service = q::SegmentationService;
  Service* const service = nullptr;
  const std::string what = Word(step, 0);
  if (what == "review") {
    return ask(service, &Service::Stub::GetReview, [&](q::GetReviewRequest& request) {
      ask.Book(request);
      request.set_quarter(Setting(step, "quarter"));
    });
  }
  if (what == "health") {
    return ask(service, &Service::Stub::GetHealth, [&](q::GetHealthRequest& request) { ask.Book(request); });
  }
  if (what == "whitespace") {
    return ask(service, &Service::Stub::GetWhitespace, [&](q::GetWhitespaceRequest& request) {
      ask.Book(request);
      request.set_client(Setting(step, "client"));
    });
  }
  if (what == "decide") {
    return ask(service, &Service::Stub::DecideReview, [&](q::DecideReviewRequest& request) {
      ask.Book(request);
      request.set_client(Setting(step, "client"));
      request.set_decision(Setting(step, "decision"));
      request.set_by(Setting(step, "by"));
      request.set_why(Setting(step, "why"));
      request.set_hand_to(Setting(step, "hand_to"));
    });
  }
  if (what == "what-if") {
    return ask(service, &Service::Stub::WhatIf, [&](q::WhatIfRequest& request) {
      ask.Book(request);
      std::string tiers = Setting(step, "tiers");
      std::erase(tiers, '"');
      if (!tiers.empty()) request.set_tiers(tiers);
      FillThresholds(step, "tiers", request);
    });
  }
  return Fail(ErrorCode::kNotFound, "there is no question '" + what + "'");
}

Result<Json> AskSegmentation(const Questioner& ask, const Step& step) {
  using Service = q::SegmentationService;
  Service* const service = nullptr;
  const std::string what = Word(step, 0);
  if (what == "pareto") {
    return ask(service, &Service::Stub::GetPareto, [&](q::GetParetoRequest& request) { ask.Book(request); });
  }
  if (what == "clients") {
    return ask(service, &Service::Stub::ListClients, [&](q::ListClientsRequest& request) {
      ask.Book(request);
      request.set_tier(Setting(step, "tier"));
      request.set_persona(Setting(step, "persona"));
      request.set_status(Setting(step, "status"));
    });
  }
  if (what == "client") {
    return ask(service, &Service::Stub::GetClient, [&](q::GetClientRequest& request) {
      ask.Book(request);
      request.set_client(Word(step, 1));
    });
  }
  if (what == "policy") {
    return ask(service, &Service::Stub::GetPolicy, [&](q::GetPolicyRequest& request) { ask.Book(request); });
  }
  return AskInsights(ask, step);
}

Result<Json> AskCadence(const Questioner& ask, const Step& step) {
  using Service = q::CadenceService;
  Service* const service = nullptr;
  const std::string what = Word(step, 0);
  if (what == "calls") {
    return ask(service, &Service::Stub::ListCalls, [&](q::ListCallsRequest& request) {
      ask.Book(request);
      request.set_rep(Setting(step, "rep"));
      request.set_day(Setting(step, "day"));
      request.set_all(Says(step, "all"));
    });
  }
  if (what == "what-if-cadence") {
    return ask(service, &Service::Stub::WhatIfCadence, [&](q::WhatIfCadenceRequest& request) {
      ask.Book(request);
      FillThresholds(step, {}, request);
    });
  }
  if (what == "workload") {
    return ask(service, &Service::Stub::GetWorkload, [&](q::GetWorkloadRequest& request) { ask.Book(request); });
  }
  if (what == "checkup") {
    return ask(service, &Service::Stub::GetCheckup, [&](q::GetCheckupRequest& request) { ask.Book(request); });
  }
  if (what == "risks") {
    return ask(service, &Service::Stub::ListRisks, [&](q::ListRisksRequest& request) {
      ask.Book(request);
      request.set_level(Setting(step, "level"));
      request.set_all(Says(step, "all"));
    });
  }
  if (what == "gaps") {
    return ask(service, &Service::Stub::ListGaps, [&](q::ListGapsRequest& request) { ask.Book(request); });
  }
  if (what == "proof") {
    return ask(service, &Service::Stub::GetProof, [&](q::GetProofRequest& request) { ask.Book(request); });
  }
  if (what == "goals") {
    return ask(service, &Service::Stub::ListGoals, [&](q::ListGoalsRequest& request) {
      ask.Book(request);
      request.set_client(Setting(step, "client"));
    });
  }
  if (what == "renewals") {
    return ask(service, &Service::Stub::ListRenewals, [&](q::ListRenewalsRequest& request) {
      ask.Book(request);
      request.set_all(Says(step, "all"));
    });
  }
  if (what == "cadence") {
    return ask(service, &Service::Stub::GetCadence, [&](q::GetCadenceRequest& request) {
      ask.Book(request);
      request.set_client(Word(step, 1));
      request.set_explain(Says(step, "explain"));
    });
  }
  return AskSegmentation(ask, step);
}

bool TypeMatches(const std::string& types, const std::string& type) {
  std::string wanted;
  for (const char c : types + ",") {
    if (c != ',') {
      wanted += c;
      continue;
    }
    if (type.ends_with("." + wanted + ".v1")) return true;
    wanted.clear();
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<World>> World::Start() {
  auto world = std::unique_ptr<World>(new World);
  MAINSTAY_TRY(world->Open());
  return world;
}

Result<void> World::Open() {
  app::EmbeddedOptions options;
  options.directory = directory_.path() / "data";
  options.new_with_data_clock = true;
  options.workers = 1;
  MAINSTAY_TRY_ASSIGN(process, cli::EmbeddedProcess::Start(options, {}));
  process_ = std::move(process);
  return {};
}

Result<void> World::Restart() {
  MAINSTAY_TRY(process_->Stop());
  process_.reset();
  return Open();
}

Result<void> World::Give(const std::vector<EventLine>& events) {
  import::PreparedImport prepared;
  Instant newest{};
  for (const EventLine& event : events) {
    ++prepared.rows;
    const import::RowPlace place{0, static_cast<std::uint64_t>(event.line), 1};
    Result<wire::Envelope> envelope = wire::ParseCloudEvent(event.json);
    if (!envelope) {
      import::Reject(prepared, place, 1, envelope.error().field + ": " + envelope.error().message);
      continue;
    }
    newest = std::max(newest, envelope->time);
    import::AddChecked(prepared, {std::move(*envelope), wire::InTopic::kClientEvents, place, 1, event.json});
  }
  const bool any = !prepared.events.empty();
  import::SortForPublishing(prepared);
  MAINSTAY_TRY_ASSIGN(
      report, import::PublishImport(std::move(prepared), process_->channel(), [](std::uint64_t, std::uint64_t) {}));
  import_ = {{"rows", report.rows},
             {"accepted", report.accepted},
             {"duplicates", report.duplicates},
             {"rejected", report.rejected}};
  import_["errors"] = Json::array();
  for (const import::RowError& error : report.errors) {
    import_["errors"].push_back({{"line", error.place.line}, {"reason", error.reason}});
  }
  // Late events do not move the clock, nor back.
  const auto now = process_->system().StreamTime();
  if (any && (!now || newest > *now)) return AdvanceTo(FormatInstant(newest));
  return {};
}

Result<void> World::AdvanceTo(const std::string& until) {
  q::AdvanceClockRequest request;
  request.set_until(until);
  const auto stub = q::OperationsService::NewStub(process_->channel());
  MAINSTAY_TRY(Call(*stub, &q::OperationsService::Stub::AdvanceClock, request));
  return {};
}

Result<void> World::Act(const std::string& book, const std::map<std::string, std::string>& settings,
                        const std::string& action) {
  const auto setting = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  const auto stub = q::NotificationService::NewStub(process_->channel());
  q::ListInboxRequest list;
  list.mutable_query()->set_book(book);
  list.set_rep(setting("rep"));
  MAINSTAY_TRY_ASSIGN(inbox, Call(*stub, &q::NotificationService::Stub::ListInbox, list));
  for (const q::InboxItem& item : inbox.rows()) {
    if (item.client() != setting("client")) continue;
    q::ActRequest request;
    request.mutable_query()->set_book(book);
    request.set_item(item.item());
    request.set_action(action);
    request.set_rep(setting("rep"));
    request.set_outcome(setting("outcome"));
    request.set_until(setting("until"));
    MAINSTAY_TRY(Call(*stub, &q::NotificationService::Stub::Act, request));
    return {};
  }
  return Fail(ErrorCode::kNotFound, "the inbox of " + setting("rep") + " has nothing for " + setting("client"));
}

Result<Json> World::Ask(const std::string& book, const Step& step) {
  const std::string what = Word(step, 0);
  const Questioner ask{process_->channel(), book, step};
  if (what == "import") return import_;
  if (what == "events") return Events(book, step);
  if (what == "clock") {
    return ask(static_cast<q::OperationsService*>(nullptr), &q::OperationsService::Stub::GetClock,
               [](q::GetClockRequest&) {});
  }
  if (what == "dead-letters") {
    return ask(static_cast<q::OperationsService*>(nullptr), &q::OperationsService::Stub::ListDeadLetters,
               [&](q::ListDeadLettersRequest& request) { request.set_service(Setting(step, "service")); });
  }
  if (what == "inbox") {
    return ask(static_cast<q::NotificationService*>(nullptr), &q::NotificationService::Stub::ListInbox,
               [&](q::ListInboxRequest& request) {
                 ask.Book(request);
                 request.set_rep(Setting(step, "rep"));
                 request.set_all(Says(step, "all"));
               });
  }
  return AskCadence(ask, step);
}

// {"count":N,"events":[...]}: of the types named, in the order of the log.
Json World::Events(const std::string& book, const Step& step) {
  const app::EmbeddedSystem& system = process_->system();
  const std::string client = Setting(step, "client");
  Json events = Json::array();
  for (const char* topic :
       {"mainstay.segments", "mainstay.cadence-events", "mainstay.churn-risk", "mainstay.upsell-prompts"}) {
    for (std::int32_t partition = 0; partition < system.partitions(); ++partition) {
      const auto end = system.End(topic, partition);
      if (!end || *end == 0) continue;
      const auto records = system.Read(topic, partition, 0, static_cast<std::size_t>(*end));
      if (!records) return {{"error", {{"message", records.error().message}}}};
      for (const stream::Record& record : *records) {
        const auto envelope = wire::DecodeEnvelope(record.value);
        if (!envelope || envelope->book != book || !TypeMatches(Word(step, 1), envelope->type)) continue;
        if (!client.empty() && envelope->client != client) continue;
        if (const auto line = wire::FormatCloudEvent(*envelope)) events.push_back(Json::parse(*line));
      }
    }
  }
  const std::size_t count = events.size();
  return {{"count", count}, {"events", std::move(events)}};
}

}  // namespace mainstay::scenarios
