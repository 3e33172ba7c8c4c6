#include "routed_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>

#include "mainstay/rpc/status.h"

namespace mainstay::rpc {
namespace {

using grpc::ByteBuffer;

std::string Bytes(const ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

bool IsForwarded(const std::string& key) {
  return !key.starts_with("grpc-") && !key.starts_with(":") && key != "user-agent" && key != "te" &&
         key != "content-type" && key != "mainstay-hops";
}

const char* CodeName(grpc::StatusCode code) {
  constexpr std::array kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

class RoutedCallReactor final : public grpc::ServerGenericBidiReactor {
 public:
  RoutedCallReactor(grpc::GenericCallbackServerContext* context, const Router& router, const CallObserver& observer,
                    const RunBlocking& run_blocking)
      : context_(context), router_(router), observer_(observer), run_blocking_(run_blocking), next_(*this) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!routed_) {
      routed_ = true;
      first_ok_ = ok;
      run_blocking_([this] { Begin(); });
      return;
    }
    next_.Forward(ok);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) next_context_.TryCancel();
    next_.StartRead(&response_);
  }

  void OnCancel() override {
    cancelled_ = true;
    next_context_.TryCancel();
  }

  void OnDone() override { Leave(); }

 private:
  // The call to the next server. Its two holds keep OnDone back while the caller's side may still start operations.
  class NextCall final : public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer> {
   public:
    explicit NextCall(RoutedCallReactor& call) : call_(call) {}

    void Begin(bool first_ok) {
      AddMultipleHolds(2);
      StartCall();
      StartRead(&call_.response_);
      Forward(first_ok);
    }

    // One more message from the caller, or its end.
    void Forward(bool ok) {
      const std::lock_guard lock(mutex_);
      if (writes_over_) return;
      if (ok) {
        StartWrite(&call_.request_);
        return;
      }
      StartWritesDone();
      EndWrites();
    }

    void OnReadDone(bool ok) override {
      if (ok) {
        call_.StartWrite(&call_.response_);
        return;
      }
      {
        const std::lock_guard lock(mutex_);
        if (!writes_over_) EndWrites();
      }
      RemoveHold();
    }

    void OnWriteDone(bool ok) override {
      if (ok) {
        call_.StartRead(&call_.request_);
        return;
      }
      const std::lock_guard lock(mutex_);
      if (!writes_over_) EndWrites();
    }

    void OnDone(const grpc::Status& status) override { call_.End(status); }

   private:
    void EndWrites() {  // REQUIRES: mutex_ is held.
      writes_over_ = true;
      RemoveHold();
    }

    RoutedCallReactor& call_;
    std::recursive_mutex mutex_;  // An operation may call back before it returns.
    bool writes_over_ = false;
  };

  void Begin() {
    call_.method = context_->method();
    for (const auto& [key, value] : context_->client_metadata()) {
      call_.metadata.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    }
    if (first_ok_) call_.first_message = Bytes(request_);
    Result<Route> route = router_(call_);
    if (!route) {
      EndUnrouted(ToStatus(route.error()));
      return;
    }
    route_ = std::move(*route);
    for (const auto& [key, value] : call_.metadata) {
      if (IsForwarded(key)) next_context_.AddMetadata(key, value);
    }
    for (const auto& [key, value] : route_.metadata) next_context_.AddMetadata(key, value);
    next_context_.set_deadline(context_->deadline());
    stub_ = std::make_unique<grpc::GenericStub>(route_.channel);
    stub_->PrepareBidiStreamingCall(&next_context_, call_.method, {}, &next_);
    ++parts_;
    if (cancelled_) next_context_.TryCancel();
    next_.Begin(first_ok_);
  }

  void EndUnrouted(const grpc::Status& status) {
    Observe(status);
    Finish(status);
  }

  void End(const grpc::Status& status) {
    for (const auto& [key, value] : next_context_.GetServerTrailingMetadata()) {
      const std::string name(key.data(), key.size());
      if (IsForwarded(name)) context_->AddTrailingMetadata(name, std::string(value.data(), value.size()));
    }
    if (route_.trailing && status.ok()) {
      for (const auto& [key, value] : route_.trailing()) context_->AddTrailingMetadata(key, value);
    }
    Observe(status);
    Finish(status);
    Leave();
  }

  void Observe(const grpc::Status& status) const {
    const auto took = std::chrono::steady_clock::now() - begun_;
    if (observer_) observer_(call_.method, CodeName(status.error_code()), std::chrono::duration<double>(took).count());
  }

  void Leave() {
    if (--parts_ == 0) delete this;
  }

  grpc::GenericCallbackServerContext* context_;
  const Router& router_;
  const CallObserver& observer_;
  const RunBlocking& run_blocking_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  RoutedCall call_;
  Route route_;
  ByteBuffer request_;
  ByteBuffer response_;
  grpc::ClientContext next_context_;
  std::unique_ptr<grpc::GenericStub> stub_;
  NextCall next_;
  std::atomic<int> parts_{1};  // Sides that are not done.
  std::atomic<bool> cancelled_{false};
  bool routed_ = false;
  bool first_ok_ = false;
};

}  // namespace

grpc::ServerGenericBidiReactor* NewRoutedCall(grpc::GenericCallbackServerContext* context, const Router& router,
                                              const CallObserver& observer, const RunBlocking& run_blocking) {
  return new RoutedCallReactor(context, router, observer, run_blocking);
}

}  // namespace mainstay::rpc
