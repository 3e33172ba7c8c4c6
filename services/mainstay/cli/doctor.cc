#include "doctor.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "invocation.h"
#include "mainstay/query/v1/cadence.grpc.pb.h"
#include "mainstay/query/v1/event.grpc.pb.h"
#include "mainstay/query/v1/notification.grpc.pb.h"
#include "mainstay/zoneinfo/zoneinfo.h"
#include "publishing.h"

namespace mainstay::cli {
namespace {

namespace fs = std::filesystem;
namespace q = query::v1;
using Status = Finding::Status;

constexpr std::uintmax_t kMiB = 1 << 20;
constexpr std::uintmax_t kTightDisk = 1024 * kMiB;
constexpr std::uintmax_t kFullDisk = 100 * kMiB;
constexpr std::uint32_t kDeadLettersCounted = 1000;

Finding TimeZones() {
  if (zoneinfo::LoadZone("Europe/London")) return {Status::kOk, "time zones", "rules are installed", {}};
  return {Status::kProblem, "time zones", "the system has no time-zone rules", "install the package tzdata"};
}

// A directory that is not there yet lies on the disk of its nearest folder that is.
Finding FreeSpace(const fs::path& directory) {
  std::error_code error;
  fs::path there = fs::absolute(directory, error);
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  const fs::space_info space = fs::space(there, error);
  if (error) return {Status::kWarning, "disk", "cannot tell how much is free: " + error.message(), "check it by hand"};
  const std::string found = fmt::format("{} MiB free", space.available / kMiB);
  if (space.available < kFullDisk) return {Status::kProblem, "disk", found, "free some space before going on"};
  if (space.available < kTightDisk) return {Status::kWarning, "disk", found, "free some space soon"};
  return {Status::kOk, "disk", found, {}};
}

Finding Directory(const fs::path& directory) {
  std::error_code error;
  if (fs::is_directory(directory, error)) return {Status::kOk, "directory", directory.string(), {}};
  return {Status::kProblem, "directory", directory.string() + " does not exist",
          "`mainstay import FILE --book B --data DIR` or `mainstay run --data DIR` makes one"};
}

Finding Failed(const std::string& check, const Error& error, const std::string& advice) {
  return {Status::kProblem, check, Describe(error), advice};
}

Finding DeadLetters(Invocation& invocation) {
  q::ListDeadLettersRequest request;
  request.set_limit(kDeadLettersCounted);
  const auto answer = Call<q::OperationsService>(invocation, &q::OperationsService::Stub::ListDeadLetters, request);
  if (!answer) return Failed("dead letters", answer.error(), "see the log of the services");
  if (answer->rows().empty()) return {Status::kOk, "dead letters", "none", {}};
  const bool more = answer->rows_size() == static_cast<int>(kDeadLettersCounted);
  return {Status::kWarning, "dead letters",
          fmt::format("{}{} records could not be processed", answer->rows_size(), more ? " or more" : ""),
          "`mainstay dead-letters list` says why; correct and redrive them"};
}

std::vector<Finding> Webhooks(Invocation& invocation) {
  const auto answer =
      Call<q::NotificationService>(invocation, &q::NotificationService::Stub::ListWebhooks, q::ListWebhooksRequest{});
  if (!answer) return {Failed("webhooks", answer.error(), "see the log of the notification service")};
  std::vector<Finding> findings;
  for (const q::Webhook& webhook : answer->rows()) {
    if (webhook.state() == "DISABLED") {
      findings.push_back({Status::kWarning, "webhook " + webhook.endpoint(),
                          "disabled since " + webhook.disabled_since() + ": " + webhook.last_error(),
                          "make " + webhook.url() + " answer, then `mainstay webhooks redrive`"});
    }
  }
  if (findings.empty()) {
    findings.push_back({Status::kOk, "webhooks", fmt::format("{} endpoints, none disabled", answer->rows_size()), {}});
  }
  return findings;
}

std::vector<Finding> Books(Invocation& invocation) {
  const auto books =
      Call<q::OperationsService>(invocation, &q::OperationsService::Stub::ListBooks, q::ListBooksRequest{});
  if (!books) return {Failed("books", books.error(), "see the log of the services")};
  if (books->books().empty()) {
    return {{Status::kWarning, "books", "none yet", "`mainstay import FILE --book B` or `mainstay publish` makes one"}};
  }
  std::vector<Finding> findings;
  for (const std::string& book : books->books()) {
    q::GetCheckupRequest request;
    request.mutable_query()->set_book(book);
    const auto checkup = Call<q::CadenceService>(invocation, &q::CadenceService::Stub::GetCheckup, request);
    if (!checkup) {
      findings.push_back(Failed("book " + book, checkup.error(), "see the log of the cadence service"));
    } else if (!checkup->touch_data_connected()) {
      findings.push_back({Status::kWarning, "book " + book,
                          "no touch in the last 90 days: overdue touches raise no risk",
                          "connect the calls and meetings of this book (mainstay.touch.Touched.v1)"});
    } else {
      findings.push_back(
          {Status::kOk, "book " + book, fmt::format("{} clients, touches arrive", checkup->clients().count()), {}});
    }
  }
  return findings;
}

void Append(std::vector<Finding>& all, std::vector<Finding> more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> Examine(Invocation& invocation) {
  std::vector<Finding> findings = {TimeZones()};
  if (invocation.uses_directory()) {
    findings.push_back(Directory(invocation.DataDirectory()));
    findings.push_back(FreeSpace(invocation.DataDirectory()));
    if (findings[1].status == Status::kProblem) return findings;
  }
  const auto clock = GetClock(invocation);
  if (!clock) {
    findings.push_back(Failed("system", clock.error(),
                              invocation.uses_directory() ? "one process at a time may own a directory"
                                                          : "start it (`mainstay run`, `make up`) or name another with "
                                                            "--server or --data"));
    return findings;
  }
  findings.push_back({Status::kOk,
                      "system",
                      fmt::format("answers; {} clock, stream time {}", clock->clock(),
                                  clock->has_as_of() ? clock->as_of() : "not begun"),
                      {}});
  Append(findings, Books(invocation));
  findings.push_back(DeadLetters(invocation));
  Append(findings, Webhooks(invocation));
  return findings;
}

}  // namespace mainstay::cli
