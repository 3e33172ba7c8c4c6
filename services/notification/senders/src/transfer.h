// One attempt as a libcurl easy handle: set up from a request, read out as a result.
//
// Used by the sender's thread only. Stays at its address while libcurl holds it.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mainstay/webhook_sender/webhook_sender.h"
#include "send_queue.h"

namespace mainstay::webhook_sender {

class Transfer {
 public:
  // REQUIRES: `options` outlives the transfer. nullptr: libcurl has no memory or refuses an option.
  [[nodiscard]] static std::unique_ptr<Transfer> Prepare(SendRequest request, const SenderOptions& options, Instant now,
                                                         SteadyTime started);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  [[nodiscard]] const EndpointId& endpoint() const { return request_.endpoint; }
  // The result after libcurl ended the transfer with `code`.
  [[nodiscard]] SendResult Finish(CURLcode code, SteadyTime now, Instant wall_now);
  // The result when it is cut off by Stop().
  [[nodiscard]] SendResult CutOff(SteadyTime now);

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using List = std::unique_ptr<curl_slist, ListDeleter>;

  Transfer(SendRequest request, const SenderOptions& options, Instant now, SteadyTime started);
  [[nodiscard]] bool SetUp();
  [[nodiscard]] bool SetRequest();
  [[nodiscard]] bool SetLimits();
  [[nodiscard]] bool SetGuards();
  template <class Value>
  [[nodiscard]] bool Set(CURLoption option, Value value) {
    return curl_easy_setopt(handle_.get(), option, value) == CURLE_OK;
  }
  [[nodiscard]] SendResult Base(SteadyTime now) const;
  [[nodiscard]] std::optional<Duration> RetryAfter(Instant wall_now) const;

  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  [[nodiscard]] bool TakeHeader(std::string_view line);

  SendRequest request_;
  const SenderOptions& options_;
  Instant at_;
  SteadyTime started_;
  std::unique_ptr<CURL, HandleDeleter> handle_;
  List headers_;
  List fixed_addresses_;
  std::array<char, CURL_ERROR_SIZE> message_{};

  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  bool answered_ = false;    // The header block of the final answer is complete.
  std::string retry_after_;  // Header value; empty: none.
  std::string head_;
  std::string cut_because_;  // Why we ended the transfer ourselves.
  std::string forbidden_;    // The address the guard refused, and why.
};

}  // namespace mainstay::webhook_sender
