#include <fmt/format.h>

#include <iostream>

#include "commands.h"
#include "invocation.h"
#include "mainstay/query/v1/notification.grpc.pb.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;
using q::NotificationService;

template <class Request, class Response>
int Ask(Invocation& invocation,
        grpc::Status (NotificationService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
        const Request& request, void (*print)(const Response&, const Terminal&)) {
  const Result<Response> answer = Call<NotificationService>(invocation, method, request);
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    print(*answer, invocation.terminal());
  }
  return kDone;
}

template <class Rows>
std::string Joined(const Rows& rows) {
  return fmt::format("{}", fmt::join(rows, "; "));
}

void PrintInbox(const q::ListInboxResponse& answer, const Terminal& terminal) {
  Table table({{"item"},
               {"kind"},
               {"client", Align::kLeft, true},
               {"state"},
               {"offer"},
               {"value", Align::kRight},
               {"expires"},
               {"why", Align::kLeft, true}});
  for (const q::InboxItem& row : answer.rows()) {
    table.Add({row.item(), row.kind(), row.client(), row.state(), row.offer(),
               MoneyText(row.value().amount(), row.value().currency()), row.expires().substr(0, 10),
               Joined(row.why())});
  }
  std::cout << (table.empty() ? "Nothing in the inbox of " + answer.rep() + ".\n" : table.Render(terminal));
}

void PrintItem(const q::ActResponse& answer, const Terminal&) {
  fmt::print("{}: {}{}\n", answer.item().item(), answer.item().state(), answer.already_done() ? " (done before)" : "");
}

void PrintAdded(const q::AddWebhookResponse& answer, const Terminal&) {
  fmt::print("endpoint {} -> {}\nsecret {}   (shown this once; verify deliveries with it, Standard Webhooks)\n",
             answer.webhook().endpoint(), answer.webhook().url(), answer.secret());
}

void PrintWebhooks(const q::ListWebhooksResponse& answer, const Terminal& terminal) {
  Table table({{"endpoint"},
               {"url", Align::kLeft, true},
               {"state"},
               {"types", Align::kLeft, true},
               {"pending", Align::kRight},
               {"delivered", Align::kRight},
               {"exhausted", Align::kRight},
               {"last error", Align::kLeft, true}});
  for (const q::Webhook& row : answer.rows()) {
    table.Add({row.endpoint(), row.url(), row.state(), Joined(row.filter().types()), Thousands(row.pending()),
               Thousands(row.delivered()), Thousands(row.exhausted()), row.last_error()});
  }
  std::cout << (table.empty() ? "No webhooks.\n" : table.Render(terminal));
}

void PrintAttempts(const q::ListAttemptsResponse& answer, const Terminal& terminal) {
  Table table({{"at"},
               {"endpoint"},
               {"event", Align::kLeft, true},
               {"try", Align::kRight},
               {"status", Align::kRight},
               {"ms", Align::kRight},
               {"state"},
               {"next"},
               {"error", Align::kLeft, true}});
  for (const q::Attempt& row : answer.rows()) {
    table.Add({row.at(), row.endpoint(), row.event(), Thousands(row.number()),
               row.has_status() ? std::to_string(row.status()) : "-", Thousands(row.latency_ms()), row.state(),
               row.has_next_attempt() ? row.next_attempt() : "-", row.error()});
  }
  std::cout << (table.empty() ? "No attempts.\n" : table.Render(terminal));
}

void PrintRotated(const q::RotateWebhookResponse& answer, const Terminal&) {
  fmt::print("secret {}   (shown this once)\n{}", answer.secret(),
             answer.webhook().has_old_secret_until()
                 ? "the old one signs too until " + answer.webhook().old_secret_until() + "\n"
                 : std::string());
}

void PrintTest(const q::TestWebhookResponse& answer, const Terminal&) {
  fmt::print("event {} is on its way; see `mainstay webhooks attempts`\n", answer.event());
}

void PrintRedriven(const q::RedriveWebhookResponse& answer, const Terminal&) {
  fmt::print("{} is {}, {} pending\n", answer.webhook().endpoint(), answer.webhook().state(),
             Thousands(answer.webhook().pending()));
}

void PrintRemoved(const q::RemoveWebhookResponse&, const Terminal&) { fmt::print("removed\n"); }

void AddInbox(CLI::App& app, Invocation& invocation) {
  auto* inbox = app.add_subcommand("inbox", "A rep's prompts and alerts");
  inbox->footer("Example: mainstay inbox --rep sue");
  invocation.AddBookOptions(*inbox);
  auto list = std::make_shared<q::ListInboxRequest>();
  inbox
      ->add_option_function<std::string>(
          "--rep", [list](const std::string& rep) { list->set_rep(rep); }, "The rep")
      ->required();
  inbox->add_flag_callback(
      "--all", [list] { list->set_all(true); }, "Closed items too");
  auto limit = std::make_shared<std::uint32_t>(0);
  inbox->add_option("--limit", *limit, "Rows to show (default: what fits the screen)");
  inbox->callback([&invocation, list, limit] {
    invocation.Choose([&invocation, list, limit] {
      *list->mutable_query() = invocation.Book();
      list->set_limit(invocation.Limit(*limit));
      return Ask(invocation, &NotificationService::Stub::ListInbox, *list, PrintInbox);
    });
  });

  auto* act = app.add_subcommand("act", "Accept, snooze, dismiss or finish an inbox item");
  act->footer("Example: mainstay act 3f2a snooze --until 2026-01-06T09:00:00Z --rep sue");
  invocation.AddBookOption(*act);
  auto request = std::make_shared<q::ActRequest>();
  // Each option sets one field of the request.
  const auto text = [&](const char* name, std::string* (q::ActRequest::*field)(), const char* help) {
    return act->add_option(name, *(request.get()->*field)(), help);
  };
  text("ITEM", &q::ActRequest::mutable_item, "As listed by `inbox`")->required();
  text("ACTION", &q::ActRequest::mutable_action, "What to do")
      ->required()
      ->check(CLI::IsMember({"accept", "snooze", "dismiss", "done"}));
  text("--rep", &q::ActRequest::mutable_rep, "Who acts (default: the item's rep)");
  text("--outcome", &q::ActRequest::mutable_outcome, "Of done: sold, declined, no_answer, already_handled");
  text("--reason", &q::ActRequest::mutable_reason, "Of dismiss");
  text("--until", &q::ActRequest::mutable_until, "Of snooze: RFC 3339, at most 14 days ahead");
  text("--key", &q::ActRequest::mutable_idempotency_key, "The same key twice acts once");
  act->callback([&invocation, request] {
    invocation.Choose([&invocation, request] {
      *request->mutable_query() = invocation.Book();
      return Ask(invocation, &NotificationService::Stub::Act, *request, PrintItem);
    });
  });
}

void AddWebhookCare(CLI::App& group, Invocation& invocation) {
  auto* rotate = group.add_subcommand("rotate", "A new secret; prints it once, the old one signs too for a while");
  rotate->footer("Example: mainstay webhooks rotate crm --overlap 86400");
  auto renewed = std::make_shared<q::RotateWebhookRequest>();
  rotate->add_option("ENDPOINT", *renewed->mutable_endpoint(), "Its id")->required();
  rotate->add_option_function<std::uint32_t>(
      "--overlap", [renewed](std::uint32_t seconds) { renewed->set_overlap_seconds(seconds); },
      "Seconds with both signatures (default: a day)");
  rotate->callback([&invocation, renewed] {
    invocation.Choose([&invocation, renewed] {
      return Ask(invocation, &NotificationService::Stub::RotateWebhook, *renewed, PrintRotated);
    });
  });

  auto* test = group.add_subcommand("test", "Send one event of type mainstay.delivery.Test.v1");
  test->footer("Example: mainstay webhooks test crm");
  auto tested = std::make_shared<q::TestWebhookRequest>();
  test->add_option("ENDPOINT", *tested->mutable_endpoint(), "Its id")->required();
  test->callback([&invocation, tested] {
    invocation.Choose(
        [&invocation, tested] { return Ask(invocation, &NotificationService::Stub::TestWebhook, *tested, PrintTest); });
  });

  auto* redrive = group.add_subcommand("redrive", "Switch an endpoint on and start its exhausted deliveries anew");
  redrive->footer("Example: mainstay webhooks redrive crm --since 2026-01-05T00:00:00Z");
  auto again = std::make_shared<q::RedriveWebhookRequest>();
  redrive->add_option("ENDPOINT", *again->mutable_endpoint(), "Its id")->required();
  redrive->add_option("--delivery", *again->mutable_delivery(), "Only this one, as in `attempts --json`");
  redrive->add_option("--since", *again->mutable_since(), "Only those made at this time or later, RFC 3339");
  redrive->callback([&invocation, again] {
    invocation.Choose([&invocation, again] {
      return Ask(invocation, &NotificationService::Stub::RedriveWebhook, *again, PrintRedriven);
    });
  });
}

void AddWebhooks(CLI::App& app, Invocation& invocation) {
  auto* group = app.add_subcommand("webhooks", "Endpoints that are told of events, and what became of each delivery");
  group->footer("Example: mainstay webhooks add --url https://crm.example.com/hook --type 'mainstay.risk.*'");
  group->require_subcommand(1);

  auto* add = group->add_subcommand("add", "Register one; prints its secret once");
  add->footer("Example: mainstay webhooks add --url https://crm.example.com/hook --type 'mainstay.risk.*'");
  auto request = std::make_shared<q::AddWebhookRequest>();
  const auto strings = [&](const char* name, google::protobuf::RepeatedPtrField<std::string>* (q::Filter::*field)(),
                           const char* help) {
    add->add_option_function<std::vector<std::string>>(
        name,
        [request, field](const std::vector<std::string>& values) {
          for (const std::string& value : values) *(request->mutable_filter()->*field)()->Add() = value;
        },
        help);
  };
  add->add_option_function<std::string>(
         "--url", [request](const std::string& url) { request->set_url(url); },
         "https://... (http only to allowed networks)")
      ->required();
  add->add_option_function<std::string>(
      "--endpoint", [request](const std::string& id) { request->set_endpoint(id); }, "An id of your own");
  strings("--type", &q::Filter::mutable_types, "Only types like this (may be repeated)");
  strings("--book", &q::Filter::mutable_books, "Only this book (may be repeated)");
  strings("--tier", &q::Filter::mutable_tiers, "Only this tier (may be repeated)");
  strings("--level", &q::Filter::mutable_levels, "Only this risk level (may be repeated)");
  strings("--owner", &q::Filter::mutable_owners, "Only this owner's clients (may be repeated)");
  add->callback([&invocation, request] {
    invocation.Choose([&invocation, request] {
      return Ask(invocation, &NotificationService::Stub::AddWebhook, *request, PrintAdded);
    });
  });

  auto* list = group->add_subcommand("list", "All endpoints");
  list->callback([&invocation] {
    invocation.Choose([&invocation] {
      return Ask(invocation, &NotificationService::Stub::ListWebhooks, q::ListWebhooksRequest{}, PrintWebhooks);
    });
  });

  auto* attempts = group->add_subcommand("attempts", "Every attempt, newest first");
  auto of = std::make_shared<q::ListAttemptsRequest>();
  attempts->add_option_function<std::string>(
      "ENDPOINT", [of](const std::string& id) { of->set_endpoint(id); }, "Of one endpoint");
  attempts->add_option_function<std::uint32_t>(
      "--limit", [of](std::uint32_t limit) { of->set_limit(limit); }, "Rows");
  attempts->callback([&invocation, of] {
    invocation.Choose(
        [&invocation, of] { return Ask(invocation, &NotificationService::Stub::ListAttempts, *of, PrintAttempts); });
  });

  AddWebhookCare(*group, invocation);
  auto* remove = group->add_subcommand("remove", "Forget an endpoint and what is pending for it");
  auto gone = std::make_shared<q::RemoveWebhookRequest>();
  remove
      ->add_option_function<std::string>(
          "ENDPOINT", [gone](const std::string& id) { gone->set_endpoint(id); }, "Its id")
      ->required();
  remove->callback([&invocation, gone] {
    invocation.Choose([&invocation, gone] {
      return Ask(invocation, &NotificationService::Stub::RemoveWebhook, *gone, PrintRemoved);
    });
  });
}

}  // namespace

void AddNotificationCommands(CLI::App& app, Invocation& invocation) {
  AddInbox(app, invocation);
  AddWebhooks(app, invocation);
}

}  // namespace mainstay::cli
