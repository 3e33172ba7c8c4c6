#include "mainstay/webhook_sender/webhook_sender.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "mainstay/base/check.h"
#include "send_queue.h"
#include "transfer.h"

namespace mainstay::webhook_sender {
namespace {

using notification::SendError;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxHeaderValueBytes = 256;
constexpr std::chrono::milliseconds kLongestWait = std::chrono::minutes{1};

Result<void> CheckRequest(const SendRequest& request, const SenderOptions& options) {
  MAINSTAY_TRY(CheckUrl(request.url, options.allowed_cidrs));
  if (request.body.size() >= kBodyLimitBytes) return InvalidField("body", "must be smaller than 20,000 bytes");
  const bool header_safe = std::all_of(request.webhook_id.begin(), request.webhook_id.end(),
                                       [](char c) { return c > 0x20 && c < 0x7f && c != '.'; });
  if (request.webhook_id.empty() || request.webhook_id.size() > kMaxHeaderValueBytes || !header_safe) {
    return InvalidField("webhook_id", "must be 1 to 256 visible ASCII characters without a full stop");
  }
  if (request.secrets.empty()) return InvalidField("secrets", "at least one secret is needed");
  return {};
}

SendResult NotSent(const SendRequest& request, Instant now, std::string detail) {
  SendResult result{request.delivery_id, request.endpoint, {}};
  result.attempt.number = request.attempt;
  result.attempt.at = now;
  result.attempt.error = SendError::kNotSent;
  result.attempt.detail = std::move(detail);
  return result;
}

SendQueue::Limits LimitsOf(const SenderOptions& options) {
  return {options.endpoint_concurrency, options.endpoint_per_second, options.endpoint_burst, options.endpoint_queue,
          options.total_queue};
}

CURLM* NewMulti() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  MAINSTAY_CHECK(ready == CURLE_OK, "libcurl cannot start");
  CURLM* multi = curl_multi_init();
  MAINSTAY_CHECK(multi != nullptr, "libcurl has no memory");
  return multi;
}

}  // namespace

class WebhookSender::Impl {
 public:
  Impl(SenderOptions options, Callback on_result)
      : options_(std::move(options)), on_result_(std::move(on_result)), multi_(NewMulti()), queue_(LimitsOf(options_)) {
    MAINSTAY_CHECK(options_.wall_clock && on_result_, "a sender needs a clock and someone to report to");
    MAINSTAY_CHECK(options_.total_concurrency > 0 && options_.timeout.count() > 0, "a limit of nothing at all");
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    Stop();
    curl_multi_cleanup(multi_);
  }

  Result<void> Submit(SendRequest request) {
    MAINSTAY_TRY(CheckRequest(request, options_));
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return Fail(ErrorCode::kUnavailable, "the webhook sender has stopped");
      MAINSTAY_TRY(queue_.Push(std::move(request), Clock::now()));
    }
    curl_multi_wakeup(multi_);
    return {};
  }

  void Stop() {
    const std::lock_guard once(stop_mutex_);
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    std::optional<SteadyTime> cut_at;
    while (true) {
      if (!cut_at && ReportWaitingIfStopping()) cut_at = Clock::now() + options_.stop_grace;
      if (!cut_at) StartWhatMay();
      int running = 0;
      MAINSTAY_CHECK(curl_multi_perform(multi_, &running) == CURLM_OK, "libcurl's multi handle is broken");
      ReportFinished();
      if (cut_at && (transfers_.empty() || Clock::now() >= *cut_at)) break;
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(WaitFor(cut_at).count()), nullptr);
    }
    CutOffRunning();
  }

  // True from the moment that Stop() was called; what waits is then reported, once.
  bool ReportWaitingIfStopping() {
    std::vector<SendRequest> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) return false;
      waiting = queue_.TakeAll();
    }
    for (const SendRequest& request : waiting) {
      on_result_(NotSent(request, options_.wall_clock(), "the sender stopped before its turn"));
    }
    return true;
  }

  void StartWhatMay() {
    while (transfers_.size() < options_.total_concurrency) {
      std::optional<SendRequest> request;
      {
        const std::lock_guard lock(mutex_);
        request = queue_.Pop(Clock::now());
      }
      if (!request) return;
      Start(std::move(*request));
    }
  }

  void Start(SendRequest request) {
    const Instant now = options_.wall_clock();
    const EndpointId endpoint = request.endpoint;
    if (request.deadline && *request.deadline <= now) {
      Release(endpoint);
      on_result_(NotSent(request, now, "its deadline passed before its turn"));
      return;
    }
    SendResult failed = NotSent(request, now, "libcurl has no memory");
    std::unique_ptr<Transfer> transfer = Transfer::Prepare(std::move(request), options_, now, Clock::now());
    if (!transfer || curl_multi_add_handle(multi_, transfer->handle()) != CURLM_OK) {
      Release(endpoint);
      on_result_(std::move(failed));
      return;
    }
    CURL* handle = transfer->handle();
    transfers_.emplace(handle, std::move(transfer));
  }

  void ReportFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // The message dies with the handle's removal.
      const auto at = transfers_.find(message->easy_handle);
      const std::unique_ptr<Transfer> transfer = std::move(at->second);
      transfers_.erase(at);
      SendResult result = transfer->Finish(code, Clock::now(), options_.wall_clock());
      curl_multi_remove_handle(multi_, transfer->handle());
      Release(transfer->endpoint());
      on_result_(std::move(result));
    }
  }

  void CutOffRunning() {
    for (auto& [handle, transfer] : transfers_) {
      curl_multi_remove_handle(multi_, handle);
      on_result_(transfer->CutOff(Clock::now()));
    }
    transfers_.clear();
  }

  void Release(const EndpointId& endpoint) {
    const std::lock_guard lock(mutex_);
    queue_.Finished(endpoint, Clock::now());
  }

  std::chrono::milliseconds WaitFor(const std::optional<SteadyTime>& cut_at) {
    const SteadyTime now = Clock::now();
    SteadyTime until = now + kLongestWait;
    if (cut_at) {
      until = std::min(until, *cut_at);
    } else if (transfers_.size() < options_.total_concurrency) {
      const std::lock_guard lock(mutex_);
      if (const auto next = queue_.NextAt()) until = std::min(until, *next);
    }
    if (until <= now) return std::chrono::milliseconds{0};
    return std::chrono::ceil<std::chrono::milliseconds>(until - now);
  }

  const SenderOptions options_;
  const Callback on_result_;
  CURLM* const multi_;
  std::mutex mutex_;  // Guards queue_ and stopping_.
  SendQueue queue_;
  bool stopping_ = false;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers_;  // The sender's thread only.
  std::mutex stop_mutex_;
  std::thread thread_;
};

WebhookSender::WebhookSender(SenderOptions options, Callback on_result)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_result))) {}
WebhookSender::~WebhookSender() = default;

Result<void> WebhookSender::Submit(SendRequest request) { return impl_->Submit(std::move(request)); }
void WebhookSender::Stop() { impl_->Stop(); }

notification::AttemptResult WebhookSender::ResultOf(const Error& submit_error, int attempt, Instant now) {
  notification::AttemptResult result;
  result.number = attempt;
  result.at = now;
  result.error = submit_error.code == ErrorCode::kInvalidArgument ? SendError::kRefused : SendError::kNotSent;
  result.detail = (submit_error.field.empty() ? "" : submit_error.field + " ") + submit_error.message;
  return result;
}

}  // namespace mainstay::webhook_sender
