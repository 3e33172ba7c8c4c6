#include "invocation.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "embedded_process.h"
#include "mainstay/rpc/json.h"
#include "mainstay/rpc/server.h"

namespace mainstay::cli {
namespace {

constexpr const char* kDefaultServer = "127.0.0.1:7400";
constexpr const char* kDefaultDirectory = "./var/mainstay";
constexpr std::size_t kLinesAroundTable = 8;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

int ExitCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return kWrongUsage;
    case ErrorCode::kNotFound:
    case ErrorCode::kAlreadyExists: return kRefused;
    case ErrorCode::kUnavailable:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kDataLoss: return kUnreachable;
    case ErrorCode::kOutOfRange:
    case ErrorCode::kInternal: break;
  }
  return kFailed;
}

}  // namespace

Invocation::Invocation() : terminal_(DetectTerminal()) {}
Invocation::~Invocation() = default;

void Invocation::AddGlobalOptions(CLI::App& app) {
  auto* server = app.add_option("--server", server_, "Ask a running system at HOST:PORT (or MAINSTAY_SERVER)");
  app.add_option("--data", data_, "Ask the system in this directory (or MAINSTAY_DATA)")->excludes(server);
  app.add_flag("--json", json_, "One JSON document on standard output");
  app.add_option("--at-least", at_least_,
                 "Over Kafka: the answer includes what this token (`publish --json`, --token) stands for");
  app.add_flag("--token", tell_token_, "Over Kafka: print what the answer includes, as `token ...` on standard error");
}

void Invocation::AddBookOption(CLI::App& command) {
  command.add_option("--book", book_, "The book (default: the only one)");
}

void Invocation::AddBookOptions(CLI::App& command) {
  AddBookOption(command);
  command.add_option("--at", at_, "Compute for this time, RFC 3339 (default: now)");
}

void Invocation::AddStandingBookOptions(CLI::App& command) {
  AddBookOption(command);
  command.add_option("--at", at_, "Changes nothing here: the answer stands as of the newest event");
}

void Invocation::NoteStanding(const std::string& as_of) const {
  if (at_.empty() || at_ == as_of || !terminal_.is_terminal) return;
  fmt::print(stderr, "mainstay: ranks and revenue stand as of {}; --at changes nothing here\n", as_of);
}

void Invocation::AskFor(grpc::ClientContext& context) const {
  if (!at_least_.empty()) context.AddMetadata("mainstay-at-least", at_least_);
}

void Invocation::Answered(const grpc::ClientContext& context) const {
  if (!tell_token_) return;
  for (const auto& [name, value] : context.GetServerTrailingMetadata()) {
    if (name == "mainstay-token") fmt::print(stderr, "token {}\n", std::string(value.data(), value.size()));
  }
}

int Invocation::RunChosen() { return action_ ? action_() : kWrongUsage; }

// --server, else --data; without either the environment says which, else a running system is asked.
bool Invocation::uses_directory() const {
  if (!data_.empty() || !server_.empty()) return !data_.empty();
  return FromEnvironment("MAINSTAY_SERVER").empty() && !FromEnvironment("MAINSTAY_DATA").empty();
}

std::string Invocation::DataDirectory() const {
  if (!data_.empty()) return data_;
  const std::string from_environment = FromEnvironment("MAINSTAY_DATA");
  return from_environment.empty() ? kDefaultDirectory : from_environment;
}

Result<std::shared_ptr<grpc::Channel>> Invocation::Channel() {
  if (embedded_) return embedded_->channel();
  if (channel_) return channel_;
  if (uses_directory()) return OpenDirectory();
  address_ = server_.empty() ? FromEnvironment("MAINSTAY_SERVER") : server_;
  if (address_.empty()) address_ = kDefaultServer;
  channel_ = rpc::Connect(address_);
  return channel_;
}

Result<std::shared_ptr<grpc::Channel>> Invocation::OpenDirectory() {
  app::EmbeddedOptions options;
  options.directory = DataDirectory();
  options.new_with_data_clock = new_directory_clock_ == "data";
  options.create = may_create_;
  auto process = EmbeddedProcess::Start(options, {});
  if (!process) {
    Error error = process.error();
    if (error.code != ErrorCode::kInvalidArgument) error.code = ErrorCode::kUnavailable;  // It cannot be opened.
    return tl::unexpected(std::move(error));
  }
  embedded_ = std::move(*process);
  return embedded_->channel();
}

void Invocation::Close() { embedded_.reset(); }

query::v1::BookQuery Invocation::Book() const {
  query::v1::BookQuery query;
  query.set_book(book_);
  query.set_at(at_);
  return query;
}

std::uint32_t Invocation::Limit(std::uint32_t asked) const {
  if (asked != 0 || json_ || !terminal_.is_terminal) return asked;
  return static_cast<std::uint32_t>(terminal_.height > kLinesAroundTable + 5 ? terminal_.height - kLinesAroundTable
                                                                             : 5);
}

int Invocation::Report(const Error& error) const {
  if (channel_ && error.code == ErrorCode::kUnavailable) {
    fmt::print(stderr,
               "mainstay: cannot reach {} ({}); start it with `mainstay run`, or name a directory with --data\n",
               address_, error.message);
  } else {
    fmt::print(stderr, "mainstay: {}\n", Describe(error));
  }
  return ExitCode(error.code);
}

void Invocation::PrintJson(const google::protobuf::Message& message) const {
  std::cout << rpc::ToJson(message).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

}  // namespace mainstay::cli
