#include "publishing.h"

#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <random>

#include "invocation.h"
#include "mainstay/app/wall_clock.h"
#include "mainstay/base/hash.h"
#include "mainstay/base/instant.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/rpc/json.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::EventService;
using q::OperationsService;

constexpr Duration kFarAhead = std::chrono::days{31};

std::string RandomId() {
  std::random_device random;
  return HashParts({std::to_string(random()), std::to_string(random()), std::to_string(random())}).Hex();
}

// The time to publish at: the event's own, else the system's now. With a `data` clock a typing error in the year
// would move it for good, so a leap ahead has to be meant.
Result<std::string> EventTime(Invocation& invocation, const OneEvent& event) {
  MAINSTAY_TRY_ASSIGN(clock, GetClock(invocation));
  const bool data = clock.clock() == "data";
  if (event.time.empty()) return data && clock.has_as_of() ? clock.as_of() : FormatInstant(app::WallNow());
  MAINSTAY_TRY_ASSIGN(time, ParseInstant(event.time));
  if (!data || event.advance || !clock.has_as_of()) return event.time;
  MAINSTAY_TRY_ASSIGN(as_of, ParseInstant(clock.as_of()));
  if (time > as_of + kFarAhead) {
    return InvalidField("time", event.time + " is more than 31 days beyond the data clock (" + clock.as_of() +
                                    "); add --advance if you mean it");
  }
  return event.time;
}

// Which event of the call is meant needs no word where there is one.
Error OfTheOnlyEvent(Error error) {
  constexpr std::string_view kWhich = "events[0].";
  if (error.field.starts_with(kWhich)) error.field.erase(0, kWhich.size());
  return error;
}

}  // namespace

Result<q::GetClockResponse> GetClock(Invocation& invocation) {
  return Call<OperationsService>(invocation, &OperationsService::Stub::GetClock, q::GetClockRequest{});
}

Result<void> AdvanceClock(Invocation& invocation, const std::string& until) {
  MAINSTAY_TRY_ASSIGN(clock, GetClock(invocation));
  if (until.empty() && !clock.has_as_of()) return {};
  q::AdvanceClockRequest request;
  request.set_until(until.empty() ? clock.as_of() : until);
  MAINSTAY_TRY(Call<OperationsService>(invocation, &OperationsService::Stub::AdvanceClock, request));
  return {};
}

Result<q::Acknowledgement> PublishQuietly(Invocation& invocation, const OneEvent& event, const std::string& book) {
  MAINSTAY_TRY_ASSIGN(time, EventTime(invocation, event));
  q::PublishRequest request;
  request.set_wait(q::PublishRequest::PROCESSED);
  q::Event& out = *request.add_events();
  out.set_id(event.id.empty() ? RandomId() : event.id);
  out.set_source(event.source);
  out.set_type(event.type);
  out.set_time(time);
  out.set_partitionkey(book);
  out.set_subject(event.client);
  out.set_json(event.data.empty() ? "{}" : event.data);
  auto published = Call<EventService>(invocation, &EventService::Stub::Publish, request);
  if (!published) return tl::unexpected(OfTheOnlyEvent(std::move(published.error())));
  const q::PublishResponse& response = *published;
  if (response.acknowledgements_size() != 1) return Fail(ErrorCode::kInternal, "no acknowledgement came back");
  const q::Acknowledgement& ack = response.acknowledgements(0);
  if (ack.verdict() == q::Acknowledgement::REJECTED) return InvalidField(ack.field(), ack.reason());
  return ack;
}

int PublishOne(Invocation& invocation, const OneEvent& event) {
  std::string book = invocation.book();
  if (book.empty()) {
    const auto books = Call<OperationsService>(invocation, &OperationsService::Stub::ListBooks, q::ListBooksRequest{});
    if (!books) return invocation.Report(books.error());
    if (books->books_size() != 1) {
      return invocation.Report({ErrorCode::kInvalidArgument,
                                Recovery::kStopTask,
                                fmt::format("--book is needed; there are: {}", fmt::join(books->books(), ", ")),
                                {}});
    }
    book = books->books(0);
  }
  const auto ack = PublishQuietly(invocation, event, book);
  if (!ack) {
    const bool refused = ack.error().code == ErrorCode::kInvalidArgument && !ack.error().field.empty();
    const int code = invocation.Report(ack.error());
    return refused && !event.from_options ? kRefused : code;
  }
  if (invocation.json()) {
    auto json = rpc::ToJson(*ack);
    const auto clock = GetClock(invocation);
    json["as_of"] =
        clock && clock->has_as_of() ? nlohmann::ordered_json(clock->as_of()) : nlohmann::ordered_json(nullptr);
    json["token"] = fmt::format("{}/{}/{}", ack->topic(), ack->partition(), ack->offset() + 1);
    json["position"] = {{"shard", ack->partition()}, {"topics", {{ack->topic(), ack->offset() + 1}}}};
    std::cout << json.dump(2) << "\n";
  } else {
    fmt::print("{}: {} partition {} offset {}\n", q::Acknowledgement::Verdict_Name(ack->verdict()), ack->topic(),
               ack->partition(), ack->offset());
  }
  return kDone;
}

}  // namespace mainstay::cli
