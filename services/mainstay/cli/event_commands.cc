#include <fmt/format.h>

#include <deque>
#include <iostream>

#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/rpc/json.h"
#include "publishing.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::NotificationService;
using q::OperationsService;

void AddPublish(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("publish", "Publish one event and wait until it is processed");
  command->footer(
      "Example: mainstay publish --type mainstay.client.CompetitorCalled.v1 --book north --client acme "
      "--data '{\"competitor\":\"Zenith\"}'");
  invocation.AddBookOption(*command);
  auto event = std::make_shared<OneEvent>();
  command->add_option("--type", event->type, "mainstay.<context>.<Name>.v1")->required();
  command->add_option("--client", event->client, "The client (events of the book itself have none)");
  auto data = std::make_shared<std::vector<std::string>>();
  command->add_option("--data", *data, "The event's data as JSON; a second --data names a directory")
      ->required()
      ->expected(1)
      ->take_all();
  command->add_option("--id", event->id, "Its id (default: random); the same id twice has one effect");
  command->add_option("--source", event->source, "Who says so");
  command->add_option("--time", event->time, "When it happened, RFC 3339 (default: the system's now)");
  command->add_flag("--advance", event->advance, "Allow a time more than 31 days beyond a `data` clock");
  command->callback([&invocation, event, data] {
    // --data is a directory for every command and JSON for this one: what begins with { is the JSON.
    for (const std::string& text : *data) {
      if (text.starts_with('{')) {
        event->data = text;
      } else {
        invocation.UseDirectory(text);
      }
    }
    invocation.Choose([&invocation, event] { return PublishOne(invocation, *event); });
  });
}

struct EventsOptions {
  std::vector<std::string> types;
  std::string from = "earliest";
  std::uint64_t limit = 0;
  std::uint64_t last = 0;
  bool follow = false;
  bool tokens = false;
};

int Events(Invocation& invocation, const EventsOptions& options) {
  const auto channel = invocation.Channel();
  if (!channel) return invocation.Report(channel.error());
  const auto stub = NotificationService::NewStub(*channel);
  grpc::ClientContext context;
  const auto stream = stub->Subscribe(&context);
  q::SubscribeRequest request;
  q::SubscribeStart& start = *request.mutable_start();
  for (const std::string& type : options.types) start.mutable_filter()->add_types(type);
  if (!invocation.book().empty()) start.mutable_filter()->add_books(invocation.book());
  start.set_from(options.from);
  start.set_until_end(!options.follow);
  constexpr std::uint32_t kCredit = 256;
  start.set_num_requested(kCredit);
  stream->Write(request);
  q::SubscribeResponse response;
  std::uint64_t printed = 0;
  std::deque<std::string> newest;  // With --last.
  bool enough = false;
  while (!enough && stream->Read(&response)) {
    if (response.event_json().empty()) continue;
    if (options.last != 0) {
      newest.push_back(response.event_json());
      if (newest.size() > options.last) newest.pop_front();
    } else {
      std::cout << response.event_json() << "\n";
    }
    if (options.tokens) std::cerr << "token " << response.token() << "\n";
    if (options.follow) std::cout.flush();
    if (++printed % (kCredit / 2) == 0) {
      q::SubscribeRequest more;
      more.set_num_requested(kCredit / 2);
      stream->Write(more);
    }
    enough = options.limit != 0 && printed >= options.limit;
  }
  for (const std::string& event : newest) std::cout << event << "\n";
  if (enough) context.TryCancel();
  const grpc::Status status = stream->Finish();
  if (status.ok() || enough) return kDone;
  // A token that does not fit the log any more is what the caller gave, no failure of the system.
  const int code = invocation.Report(rpc::FromStatus(status));
  return status.error_code() == grpc::StatusCode::OUT_OF_RANGE ? kRefused : code;
}

void AddEvents(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("events", "The public events as JSON lines (CloudEvents), resumable");
  command->footer("Example: mainstay events --type 'mainstay.risk.*' --follow");
  invocation.AddBookOption(*command);
  auto options = std::make_shared<EventsOptions>();
  command->add_option("--type", options->types, "Only types like this, e.g. 'mainstay.risk.*' (may be repeated)");
  command->add_option("--from", options->from, "earliest, latest or a token")->capture_default_str();
  command->add_option("--limit", options->limit, "Stop after N events");
  auto* follow = command->add_flag("--follow", options->follow, "Wait for more");
  command->add_option("--last", options->last, "Only the newest N of those there are")->excludes(follow);
  command->add_flag("--tokens", options->tokens, "Print the resume token after each event on stderr");
  command->callback(
      [&invocation, options] { invocation.Choose([&invocation, options] { return Events(invocation, *options); }); });
}

// Bytes that a terminal must not interpret, as \xNN; the JSON has them in base64.
std::string Printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\\') {
      text += "\\\\";
    } else if (byte >= ' ' && byte < 0x7f) {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  return text;
}

int DeadLetters(Invocation& invocation, const std::string& service, const std::string& id, std::uint32_t limit) {
  q::ListDeadLettersRequest request;
  request.set_service(service);
  request.set_limit(id.empty() ? invocation.Limit(limit) : 0);
  auto answer = Call<OperationsService>(invocation, &OperationsService::Stub::ListDeadLetters, request);
  if (!answer) return invocation.Report(answer.error());
  if (!id.empty()) {
    for (const q::DeadLetter& row : answer->rows()) {
      if (row.id() != id) continue;
      if (invocation.json()) {
        invocation.PrintJson(row);
      } else {
        fmt::print(
            "{}\nfrom {} partition {} offset {} at {}\nreason: {}{}\nkey: {}\noriginal bytes ({}, \\xNN where they are "
            "not plain text):\n{}\n",
            row.id(), row.topic(), row.partition(), row.offset(), row.at(),
            row.field().empty() ? "" : row.field() + ": ", row.reason(), row.key(), row.value().size(),
            Printable(row.value()));
      }
      return kDone;
    }
    return invocation.Report({ErrorCode::kNotFound, Recovery::kStopTask, "there is no dead letter " + id, {}});
  }
  if (invocation.json()) {
    invocation.PrintJson(*answer);
    return kDone;
  }
  Table table({{"id"}, {"at"}, {"from"}, {"reason", Align::kLeft, true}});
  for (const q::DeadLetter& row : answer->rows()) {
    table.Add(
        {row.id(), row.at(), row.topic(), row.field().empty() ? row.reason() : row.field() + ": " + row.reason()});
  }
  std::cout << (table.empty() ? "No dead letters.\n" : table.Render(invocation.terminal()));
  return kDone;
}

int RedriveDeadLetter(Invocation& invocation, const std::string& id) {
  q::RedriveDeadLetterRequest request;
  request.set_id(id);
  const auto answer = Call<OperationsService>(invocation, &OperationsService::Stub::RedriveDeadLetter, request);
  if (!answer) return invocation.Report(answer.error());
  const q::Acknowledgement& ack = answer->acknowledgement();
  const bool rejected = ack.verdict() == q::Acknowledgement::REJECTED;
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else if (rejected) {
    fmt::print("rejected again: {}{}\n", ack.field().empty() ? "" : ack.field() + ": ", ack.reason());
  } else {
    fmt::print("{}\n", ack.verdict() == q::Acknowledgement::ALREADY_SEEN ? "already seen" : "accepted");
  }
  return rejected ? kRefused : kDone;
}

void AddDeadLetters(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("dead-letters", "What could not be processed, and why");
  group->footer("Example: mainstay dead-letters show cadence/3/0");
  group->require_subcommand(1);
  auto service = std::make_shared<std::string>();
  auto id = std::make_shared<std::string>();
  auto limit = std::make_shared<std::uint32_t>(0);
  auto* list = group->add_subcommand("list", "All of them");
  list->footer("Example: mainstay dead-letters list --service cadence");
  list->add_option("--service", *service, "Of one service")
      ->check(CLI::IsMember({"segmentation", "cadence", "notification"}));
  list->add_option("--limit", *limit, "Rows to show");
  list->callback([&invocation, service, limit] {
    invocation.Choose([&invocation, service, limit] { return DeadLetters(invocation, *service, {}, *limit); });
  });
  auto* show = group->add_subcommand("show", "One, with its original bytes");
  show->footer("Example: mainstay dead-letters show cadence/3/0");
  show->add_option("ID", *id, "As listed")->required();
  show->callback(
      [&invocation, id] { invocation.Choose([&invocation, id] { return DeadLetters(invocation, {}, *id, 0); }); });
  auto* redrive = group->add_subcommand("redrive", "Give one back to the service that refused it, and to no other");
  redrive->footer("Example: mainstay dead-letters redrive cadence/3/0");
  redrive->add_option("ID", *id, "As listed")->required();
  redrive->callback(
      [&invocation, id] { invocation.Choose([&invocation, id] { return RedriveDeadLetter(invocation, *id); }); });
}

int ShowClock(Invocation& invocation, bool to_wall) {
  q::GetClockResponse clock;
  if (to_wall) {
    q::AdvanceClockRequest request;
    request.set_to_wall(true);
    const auto answer = Call<OperationsService>(invocation, &OperationsService::Stub::AdvanceClock, request);
    if (!answer) return invocation.Report(answer.error());
    clock = *answer;
  } else {
    const auto answer = GetClock(invocation);
    if (!answer) return invocation.Report(answer.error());
    clock = *answer;
  }
  if (invocation.json()) {
    invocation.PrintJson(clock);
  } else {
    fmt::print("{} clock, as of {}\n", clock.clock(),
               clock.has_as_of() ? clock.as_of() : "the beginning (no events yet)");
  }
  return kDone;
}

void AddClock(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("clock", "Which clock a system runs on");
  group->footer("Example: mainstay clock show --json");
  group->require_subcommand(1);
  auto* show = group->add_subcommand("show", "The clock and its time");
  show->callback([&invocation] { invocation.Choose([&invocation] { return ShowClock(invocation, false); }); });
  auto* to_wall = group->add_subcommand("to-wall", "From the `data` clock to the wall clock, once and for all");
  to_wall->callback([&invocation] { invocation.Choose([&invocation] { return ShowClock(invocation, true); }); });
}

}  // namespace

void AddEventCommands(CLI::App& app, Invocation& invocation) {
  AddPublish(app, invocation);
  AddEvents(app, invocation);
  AddDeadLetters(app, invocation);
  AddClock(app, invocation);
}

}  // namespace mainstay::cli
