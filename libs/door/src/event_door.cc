#include "mainstay/door/event_door.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "mainstay/door/book_query.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/rpc/status.h"
#include "mainstay/stream/dead_letter.h"
#include "mainstay/wire/cloud_event.h"
#include "mainstay/wire/in_event.h"

namespace mainstay::door {
namespace {

namespace q = query::v1;

constexpr std::size_t kInFlight = 4;  // Requests of one stream between door and services.
constexpr std::size_t kReadBatch = 1'000;

Result<wire::Envelope> ToEnvelope(const q::Event& event) {
  wire::Envelope envelope;
  envelope.id = event.id();
  envelope.source = event.source();
  envelope.type = event.type();
  envelope.book = event.partitionkey();
  envelope.client = event.subject();
  MAINSTAY_TRY_ASSIGN(time, ParseInstant(event.time()));
  envelope.time = time;
  MAINSTAY_TRY(wire::TopicOfType(envelope.type));
  if (event.has_protobuf()) {
    envelope.data = event.protobuf();
  } else {
    MAINSTAY_TRY_ASSIGN(data, wire::DataFromJson(envelope.type, event.json().empty() ? "{}" : event.json()));
    envelope.data = std::move(data);
  }
  return envelope;
}

// nullopt: not a number that is 0 or more.
template <class Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number number = 0;
  const auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || rest != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

void SetVerdict(q::Acknowledgement& out, const stream::Verdict& verdict) {
  using Kind = stream::Verdict::Kind;
  out.set_verdict(verdict.kind == Kind::kRejected      ? q::Acknowledgement::REJECTED
                  : verdict.kind == Kind::kAlreadySeen ? q::Acknowledgement::ALREADY_SEEN
                                                       : q::Acknowledgement::ACCEPTED);
  out.set_field(verdict.error.field);
  out.set_reason(verdict.error.message);
}

class EventServiceImpl final : public q::EventService::Service {
 public:
  EventServiceImpl(const app::System& system, const EventDoorOptions& options) : system_(system), options_(options) {}

  grpc::Status Publish(grpc::ServerContext*, const q::PublishRequest* request, q::PublishResponse* response) override {
    Submitted submitted = Submit(*request, /*all_or_nothing=*/true);
    if (!submitted.refused.empty()) {
      auto [index, error] = submitted.refused.front();
      error.field = "events[" + std::to_string(index) + "]." + error.field;
      return rpc::ToStatus(error);
    }
    return Answer(submitted, *response);
  }

  grpc::Status PublishStream(grpc::ServerContext*,
                             grpc::ServerReaderWriter<q::PublishResponse, q::PublishRequest>* stream) override {
    std::deque<Submitted> in_flight;
    q::PublishRequest request;
    const auto answer_first = [&]() -> grpc::Status {
      q::PublishResponse response;
      grpc::Status status = Answer(in_flight.front(), response);
      in_flight.pop_front();
      if (status.ok() && !stream->Write(response)) return {grpc::StatusCode::CANCELLED, "the caller left"};
      return status;
    };
    while (stream->Read(&request)) {
      in_flight.push_back(Submit(request, /*all_or_nothing=*/false));
      if (in_flight.size() < kInFlight) continue;
      if (grpc::Status status = answer_first(); !status.ok()) return status;
    }
    while (!in_flight.empty()) {
      if (grpc::Status status = answer_first(); !status.ok()) return status;
    }
    return grpc::Status::OK;
  }

 private:
  // A request on its way: what was refused at the door, and the rest.
  struct Submitted {
    int events = 0;
    std::vector<std::pair<int, Error>> refused;  // By index in the request.
    std::vector<int> accepted;                   // Indices of the published ones.
    std::vector<std::string> topics;             // Of those.
    std::future<Result<std::vector<app::Acknowledgement>>> result;
  };

  Result<app::Publication> Check(const q::Event& event) const {
    MAINSTAY_TRY_ASSIGN(envelope, ToEnvelope(event));
    MAINSTAY_TRY_ASSIGN(decoded, wire::DecodeInEvent(envelope));
    MAINSTAY_TRY_ASSIGN(topic, wire::TopicOfType(envelope.type));
    if (system_.clock->ClockName() == "wall") MAINSTAY_TRY(wire::ValidateTime(decoded, system_.state->Now()));
    app::Publication publication;
    publication.topic = options_.prefix + (topic == wire::InTopic::kTouchEvents ? ".touch-events" : ".client-events");
    publication.book = envelope.book;
    publication.event_time = envelope.time;
    publication.value = wire::EncodeEnvelope(envelope);
    return publication;
  }

  Submitted Submit(const q::PublishRequest& request, bool all_or_nothing) const {
    Submitted submitted;
    submitted.events = request.events_size();
    std::vector<app::Publication> publications;
    for (int i = 0; i < request.events_size(); ++i) {
      Result<app::Publication> checked = Check(request.events(i));
      if (!checked) {
        submitted.refused.emplace_back(i, checked.error());
        continue;
      }
      submitted.accepted.push_back(i);
      submitted.topics.push_back(checked->topic);
      publications.push_back(std::move(*checked));
    }
    if (all_or_nothing && !submitted.refused.empty()) return submitted;
    const auto wait = request.wait() == q::PublishRequest::PROCESSED ? app::Wait::kProcessed : app::Wait::kDurable;
    submitted.result = system_.publisher->Publish(std::move(publications), wait);
    return submitted;
  }

  grpc::Status Answer(Submitted& submitted, q::PublishResponse& response) const {
    const Result<std::vector<app::Acknowledgement>> result = submitted.result.get();
    if (!result) return rpc::ToStatus(result.error());
    for (int i = 0; i < submitted.events; ++i) response.add_acknowledgements();
    for (const auto& [index, error] : submitted.refused) {
      SetVerdict(*response.mutable_acknowledgements(index), {stream::Verdict::Kind::kRejected, error});
    }
    for (std::size_t i = 0; i < submitted.accepted.size(); ++i) {
      q::Acknowledgement& ack = *response.mutable_acknowledgements(submitted.accepted[i]);
      SetVerdict(ack, (*result)[i].verdict);
      ack.set_topic(submitted.topics[i]);
      ack.set_partition((*result)[i].partition);
      ack.set_offset((*result)[i].offset);
    }
    return grpc::Status::OK;
  }

  const app::System system_;
  const EventDoorOptions& options_;
};

class OperationsServiceImpl final : public q::OperationsService::Service {
 public:
  OperationsServiceImpl(const app::System& system, const EventDoorOptions& options)
      : system_(system), options_(options) {}

  grpc::Status GetClock(grpc::ServerContext*, const q::GetClockRequest*, q::GetClockResponse* response) override {
    FillClock(*response);
    return grpc::Status::OK;
  }

  grpc::Status AdvanceClock(grpc::ServerContext*, const q::AdvanceClockRequest* request,
                            q::GetClockResponse* response) override {
    const Result<void> moved = Advance(*request);
    if (!moved) return rpc::ToStatus(moved.error());
    FillClock(*response);
    return grpc::Status::OK;
  }

  grpc::Status ListBooks(grpc::ServerContext*, const q::ListBooksRequest*, q::ListBooksResponse* response) override {
    const auto books = door::ListBooks(*system_.state, options_.books_service, options_.books_table);
    if (!books) return rpc::ToStatus(books.error());
    for (const std::string& book : *books) response->add_books(book);
    return grpc::Status::OK;
  }

  grpc::Status ListDeadLetters(grpc::ServerContext*, const q::ListDeadLettersRequest* request,
                               q::ListDeadLettersResponse* response) override {
    for (const std::string& service : options_.services) {
      if (!request->service().empty() && request->service() != service) continue;
      const Result<void> listed = List(service, *request, *response);
      if (!listed) return rpc::ToStatus(listed.error());
    }
    return rpc::Answered(FillHead(*response));
  }

  grpc::Status RedriveDeadLetter(grpc::ServerContext*, const q::RedriveDeadLetterRequest* request,
                                 q::RedriveDeadLetterResponse* response) override {
    return rpc::Answered(Redrive(request->id(), *response->mutable_acknowledgement()));
  }

 private:
  [[nodiscard]] std::string DeadLetterTopic(const std::string& service) const {
    return options_.prefix + "." + service + ".dead-letter";
  }

  Result<void> FillHead(q::ListDeadLettersResponse& response) const {
    if (const auto time = system_.clock->StreamTime()) response.set_as_of(FormatInstant(*time));
    for (std::int32_t p = 0; p < system_.log->partitions(); ++p) {
      q::Position& position = *response.add_position();
      position.set_shard(p);
      for (const std::string& service : options_.services) {
        MAINSTAY_TRY_ASSIGN(end, system_.log->End(DeadLetterTopic(service), p));
        (*position.mutable_topics())[DeadLetterTopic(service)] = end;
      }
    }
    return {};
  }

  // Its original bytes, to the shard it came from, on the topic that this service alone reads.
  Result<void> Redrive(const std::string& id, q::Acknowledgement& out) const {
    const auto no_such = [&] { return Fail(ErrorCode::kNotFound, "there is no dead letter '" + id + "'"); };
    const std::size_t first = id.find('/');
    const std::size_t second = first == std::string::npos ? first : id.find('/', first + 1);
    if (second == std::string::npos) return InvalidField("id", "is not <service>/<partition>/<offset>");
    const std::string service = id.substr(0, first);
    const auto partition = ReadNumber<std::int32_t>(id.substr(first + 1, second - first - 1));
    const auto offset = ReadNumber<std::int64_t>(id.substr(second + 1));
    if (!partition || !offset) return InvalidField("id", "is not <service>/<partition>/<offset>");
    if (std::find(options_.services.begin(), options_.services.end(), service) == options_.services.end() ||
        *partition >= system_.log->partitions()) {
      return no_such();
    }
    MAINSTAY_TRY_ASSIGN(end, system_.log->End(DeadLetterTopic(service), *partition));
    if (*offset >= end) return no_such();
    MAINSTAY_TRY_ASSIGN(records, system_.log->Read(DeadLetterTopic(service), *partition, *offset, 1));
    if (records.empty() || records.front().offset != *offset) return no_such();
    MAINSTAY_TRY_ASSIGN(letter, stream::DecodeDeadLetter(records.front().value));
    app::Publication publication;
    publication.topic = options_.prefix + "." + service + ".redrive";
    publication.record_key = letter.key;
    publication.partition = *partition;
    publication.event_time = system_.clock->StreamTime().value_or(FromMs(letter.ingest_ms));
    publication.value = letter.value;
    std::vector<app::Publication> publications;
    publications.push_back(std::move(publication));
    MAINSTAY_TRY_ASSIGN(taken, system_.publisher->Publish(std::move(publications), app::Wait::kProcessed).get());
    SetVerdict(out, taken.front().verdict);
    out.set_topic(options_.prefix + "." + service + ".redrive");
    out.set_partition(taken.front().partition);
    out.set_offset(taken.front().offset);
    return {};
  }

  void FillClock(q::GetClockResponse& response) const {
    response.set_clock(system_.clock->ClockName());
    if (const auto time = system_.clock->StreamTime()) response.set_as_of(FormatInstant(*time));
  }

  Result<void> Advance(const q::AdvanceClockRequest& request) const {
    if (request.to_wall()) return system_.clock->SwitchToWall();
    const Result<Instant> until = ParseInstant(request.until());
    if (!until) return InvalidField("until", until.error().message);
    return system_.clock->AdvanceTo(*until);
  }

  Result<void> List(const std::string& service, const q::ListDeadLettersRequest& request,
                    q::ListDeadLettersResponse& response) const {
    const std::string topic = DeadLetterTopic(service);
    for (std::int32_t p = 0; p < system_.log->partitions(); ++p) {
      for (std::int64_t offset = 0;;) {
        MAINSTAY_TRY_ASSIGN(records, system_.log->Read(topic, p, offset, kReadBatch));
        if (records.empty()) break;
        for (const stream::Record& record : records) {
          if (request.limit() != 0 && response.rows_size() >= static_cast<int>(request.limit())) return {};
          MAINSTAY_TRY_ASSIGN(letter, stream::DecodeDeadLetter(record.value));
          q::DeadLetter& row = *response.add_rows();
          row.set_id(service + "/" + std::to_string(p) + "/" + std::to_string(record.offset));
          row.set_service(service);
          row.set_at(FormatInstant(FromMs(letter.at_ms)));
          row.set_topic(letter.topic);
          row.set_partition(letter.partition);
          row.set_offset(letter.offset);
          row.set_field(letter.field);
          row.set_reason(letter.reason);
          row.set_key(letter.key);
          row.set_value(letter.value);
          offset = record.offset + 1;
        }
      }
    }
    return {};
  }

  const app::System system_;
  const EventDoorOptions& options_;
};

class EventDoors final : public app::Doors {
 public:
  EventDoors(const app::System& system, EventDoorOptions options)
      : options_(std::move(options)), events_(system, options_), operations_(system, options_) {}
  std::vector<grpc::Service*> services() override { return {&events_, &operations_}; }
  void OnEffect(std::int32_t, std::string) override {}
  void Shutdown() override {}

 private:
  const EventDoorOptions options_;
  EventServiceImpl events_;
  OperationsServiceImpl operations_;
};

}  // namespace

std::unique_ptr<app::Doors> MakeEventDoors(const app::System& system, EventDoorOptions options) {
  return std::make_unique<EventDoors>(system, std::move(options));
}

}  // namespace mainstay::door
