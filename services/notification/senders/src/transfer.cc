#include "transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mainstay::webhook_sender {
namespace {

using notification::SendError;

SendError ErrorOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return SendError::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS: return SendError::kTls;
    case CURLE_UNSUPPORTED_PROTOCOL:  // Also "HTTP/0.9 when not allowed"; the URL's scheme was checked before.
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR: return SendError::kProtocol;
    default: return SendError::kConnect;
  }
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && curl_strnequal(a.data(), b.data(), a.size()) != 0;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// What a stranger sends ends up on terminals and in JSON.
void AppendPrintable(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\r') continue;
    out += c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f) ? c : '?';
  }
}

}  // namespace

Transfer::Transfer(SendRequest request, const SenderOptions& options, Instant now, SteadyTime started)
    : request_(std::move(request)), options_(options), at_(now), started_(started), handle_(curl_easy_init()) {}

std::unique_ptr<Transfer> Transfer::Prepare(SendRequest request, const SenderOptions& options, Instant now,
                                            SteadyTime started) {
  std::unique_ptr<Transfer> transfer(new Transfer(std::move(request), options, now, started));
  return transfer->handle_ && transfer->SetUp() ? std::move(transfer) : nullptr;
}

bool Transfer::SetUp() { return SetRequest() && SetLimits() && SetGuards(); }

bool Transfer::SetRequest() {
  const std::int64_t timestamp = std::chrono::floor<std::chrono::seconds>(at_).time_since_epoch().count();
  const std::string signature = SignatureHeader(request_.secrets, request_.webhook_id, timestamp, request_.body);
  std::vector<std::string> lines = {"content-type: application/cloudevents+json; charset=utf-8",
                                    "webhook-id: " + request_.webhook_id,
                                    "webhook-timestamp: " + std::to_string(timestamp),
                                    "webhook-signature: " + signature,
                                    "accept:",
                                    "expect:"};
  if (request_.sequence != 0) lines.push_back("mainstay-sequence: " + std::to_string(request_.sequence));
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  }
  return Set(CURLOPT_URL, request_.url.c_str()) && Set(CURLOPT_POST, 1L) &&
         Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())) &&
         Set(CURLOPT_POSTFIELDS, request_.body.data()) && Set(CURLOPT_HTTPHEADER, headers_.get()) &&
         Set(CURLOPT_USERAGENT, "Mainstay-Webhooks/1") && Set(CURLOPT_PRIVATE, this);
}

bool Transfer::SetLimits() {
  Duration limit = options_.timeout;
  if (request_.deadline) limit = std::clamp(*request_.deadline - at_, Duration{1}, limit);
  const long milliseconds = static_cast<long>(limit.count());
  return Set(CURLOPT_TIMEOUT_MS, milliseconds) && Set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds) &&
         Set(CURLOPT_NOSIGNAL, 1L) && Set(CURLOPT_ERRORBUFFER, message_.data()) &&
         Set(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader) && Set(CURLOPT_HEADERDATA, this) &&
         Set(CURLOPT_WRITEFUNCTION, &Transfer::OnBody) && Set(CURLOPT_WRITEDATA, this);
}

bool Transfer::SetGuards() {
  for (const std::string& entry : options_.fixed_addresses) {
    curl_slist* longer = curl_slist_append(fixed_addresses_.get(), entry.c_str());
    if (longer == nullptr) return false;
    static_cast<void>(fixed_addresses_.release());
    fixed_addresses_.reset(longer);
  }
  // An empty proxy also switches off the environment's.
  return Set(CURLOPT_PROTOCOLS_STR, "https,http") && Set(CURLOPT_FOLLOWLOCATION, 0L) && Set(CURLOPT_PROXY, "") &&
         Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
         Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)) && Set(CURLOPT_RESOLVE, fixed_addresses_.get()) &&
         Set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnOpenSocket) && Set(CURLOPT_OPENSOCKETDATA, this) &&
         (options_.ca_file.empty() || Set(CURLOPT_CAINFO, options_.ca_file.c_str()));
}

curl_socket_t Transfer::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::optional<IpAddress> ip = IpAddress::FromSockaddr(address->addr);
  const std::optional<std::string_view> why = ip ? ForbiddenBecause(*ip, transfer.options_.allowed_cidrs)
                                                 : std::optional<std::string_view>("not an IP address");
  if (why) {
    transfer.forbidden_ = (ip ? ip->Text() : std::string("address")) + " is " + std::string(*why);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Transfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Transfer*>(self)->TakeHeader({data, bytes}) ? bytes : 0;
}

bool Transfer::TakeHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > options_.max_response_bytes) {
    cut_because_ = "the answer's header block is too long";
    return false;
  }
  if (answered_) return true;                           // Trailers of a chunked body.
  if (line.starts_with("HTTP/")) retry_after_.clear();  // A new answer, after "100 Continue" and the like.
  if (Trim(line).empty()) {
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    answered_ = status >= 200;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && EqualsIgnoringCase(line.substr(0, colon), "retry-after")) {
    retry_after_ = Trim(line.substr(colon + 1));
  }
  return true;
}

std::size_t Transfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  const std::size_t room = transfer.options_.response_head_bytes - transfer.head_.size();
  AppendPrintable(transfer.head_, {data, std::min(bytes, room)});
  transfer.body_bytes_ += bytes;
  if (transfer.body_bytes_ <= transfer.options_.max_response_bytes) return bytes;
  transfer.cut_because_ = "the rest of a long answer was not read";
  return 0;
}

std::optional<Duration> Transfer::RetryAfter(Instant wall_now) const {
  if (retry_after_.empty()) return std::nullopt;
  std::uint32_t seconds = 0;
  const char* end = retry_after_.data() + retry_after_.size();
  const auto [stop, error] = std::from_chars(retry_after_.data(), end, seconds);
  if (error == std::errc{} && stop == end) return std::chrono::seconds{seconds};
  const std::time_t date = curl_getdate(retry_after_.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  const Instant at{std::chrono::seconds{date}};
  return std::max(Duration{0}, at - wall_now);
}

SendResult Transfer::Base(SteadyTime now) const {
  SendResult result;
  result.delivery_id = request_.delivery_id;
  result.endpoint = request_.endpoint;
  result.attempt.number = request_.attempt;
  result.attempt.at = at_;
  result.attempt.latency = std::chrono::duration_cast<Duration>(now - started_);
  result.attempt.response_head = head_;
  return result;
}

SendResult Transfer::Finish(CURLcode code, SteadyTime now, Instant wall_now) {
  SendResult result = Base(now);
  notification::AttemptResult& attempt = result.attempt;
  if (code != CURLE_OK) {
    attempt.detail = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    if (!cut_because_.empty()) attempt.detail = cut_because_;
  }
  if (answered_) {
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    attempt.status = static_cast<int>(status);
    attempt.retry_after = RetryAfter(wall_now);
  } else if (!forbidden_.empty()) {
    attempt.error = SendError::kAddressForbidden;
    attempt.detail = forbidden_ + "; webhooks.allowed_cidrs opens internal receivers";
  } else {
    attempt.error = ErrorOf(code);
  }
  return result;
}

SendResult Transfer::CutOff(SteadyTime now) {
  SendResult result = Base(now);
  result.attempt.error = SendError::kNotSent;
  result.attempt.detail = "cut off by the stop of the sender; it may have arrived";
  return result;
}

}  // namespace mainstay::webhook_sender
