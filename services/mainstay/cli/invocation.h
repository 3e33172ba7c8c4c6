// One run of the command line: which system it asks, how it prints, what it exits with.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <CLI/App.hpp>
#include <functional>
#include <memory>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/query/v1/answer.pb.h"
#include "table.h"

namespace mainstay::cli {

// Exit codes (a contract).
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;  // Done, but something was refused or not found.
inline constexpr int kWrongUsage = 2;
inline constexpr int kUnreachable = 3;  // Cannot reach or open.
inline constexpr int kFailed = 4;

class EmbeddedProcess;

class Invocation {
 public:
  Invocation();
  ~Invocation();
  Invocation(const Invocation&) = delete;
  Invocation& operator=(const Invocation&) = delete;

  // Options every command has.
  void AddGlobalOptions(CLI::App& app);
  // --book, and of a query whose answer depends on "now" --at.
  void AddBookOption(CLI::App& command);
  void AddBookOptions(CLI::App& command);
  // --book and --at of a query whose answer stands as of the newest event, whatever --at says.
  void AddStandingBookOptions(CLI::App& command);
  // To be called with such an answer: a person who gave --at is told what it stands for.
  void NoteStanding(const std::string& as_of) const;
  // What the chosen command does; set from its callback, run after parsing.
  void Choose(std::function<int()> action) { action_ = std::move(action); }
  [[nodiscard]] int RunChosen();

  // The system to ask: --server, or the embedded system on --data, started at the first call.
  [[nodiscard]] Result<std::shared_ptr<grpc::Channel>> Channel();
  [[nodiscard]] query::v1::BookQuery Book() const;
  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] const Terminal& terminal() const { return terminal_; }
  // Read-your-writes: what an answer must include, and, with --token, what it does include.
  void AskFor(grpc::ClientContext& context) const;
  void Answered(const grpc::ClientContext& context) const;
  [[nodiscard]] const std::string& book() const { return book_; }
  [[nodiscard]] std::string DataDirectory() const;  // --data, else MAINSTAY_DATA, else ./var/mainstay
  [[nodiscard]] bool uses_directory() const;
  void UseDirectory(std::string directory) { data_ = std::move(directory); }
  // --data may name a directory that does not exist yet, to be made with this clock ("wall" or "data").
  void AllowNewDirectory(std::string clock) {
    new_directory_clock_ = std::move(clock);
    may_create_ = true;
  }

  // Rows to show: --limit if given, else all for programs and what fits the screen for people.
  [[nodiscard]] std::uint32_t Limit(std::uint32_t asked) const;

  // Prints one line on stderr and returns the exit code that goes with the error.
  [[nodiscard]] int Report(const Error& error) const;
  // Prints `message` as one JSON document.
  void PrintJson(const google::protobuf::Message& message) const;
  // Makes the system's directory durable and closes it (also done by the destructor).
  void Close();

 private:
  [[nodiscard]] Result<std::shared_ptr<grpc::Channel>> OpenDirectory();

  std::string server_;
  std::string address_;  // Of the system asked, when it is not in this process.
  std::string data_;
  std::string book_;
  std::string at_;
  std::string at_least_;
  bool tell_token_ = false;
  std::string new_directory_clock_;
  bool may_create_ = false;
  bool json_ = false;
  Terminal terminal_;
  std::function<int()> action_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<EmbeddedProcess> embedded_;
};

// Calls `method` of a new stub of `Service` and returns the response.
template <class Service, class Request, class Response>
Result<Response> Call(Invocation& invocation,
                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request);

}  // namespace mainstay::cli

#include "invocation_call.h"  // IWYU pragma: export
