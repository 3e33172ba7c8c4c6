#include "mainstay/rpc/routing_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "plugins.h"
#include "routed_call.h"

namespace mainstay::rpc {
namespace {

constexpr int kThreads = 32;  // Calls that may wait for a position at once; each costs only its stack.

// Threads that may block.
class Pool {
 public:
  Pool() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void Run(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
  }

 private:
  void Work() {
    for (;;) {
      std::function<void()> work;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        work = std::move(waiting_.front());
        waiting_.pop_front();
      }
      work();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class Passage final : public grpc::CallbackGenericService {
 public:
  Passage(Router router, CallObserver observer)
      : router_(std::move(router)),
        observer_(std::move(observer)),
        run_blocking_([this](std::function<void()> work) { pool_.Run(std::move(work)); }) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return NewRoutedCall(context, router_, observer_, run_blocking_);
  }

 private:
  const Router router_;
  const CallObserver observer_;
  const RunBlocking run_blocking_;
  Pool pool_;
};

tl::unexpected<Error> CannotListen(const std::string& listen) {
  return Fail(ErrorCode::kUnavailable,
              "cannot listen on " + listen + ": the address is taken or not ours; choose another");
}

}  // namespace

struct RoutingServer::State {
  std::unique_ptr<Passage> passage;  // Outlives the server.
  std::unique_ptr<grpc::Server> server;
  std::string address;
  std::once_flag stopped;
};

Result<std::unique_ptr<RoutingServer>> RoutingServer::Start(const std::string& listen, Router router,
                                                            CallObserver observer) {
  EnablePlugins();
  auto state = std::make_unique<State>();
  state->passage = std::make_unique<Passage>(std::move(router), std::move(observer));
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(state->passage.get());
  state->server = builder.BuildAndStart();
  if (!state->server || port == 0) return CannotListen(listen);
  state->address = listen.substr(0, listen.rfind(':')) + ":" + std::to_string(port);
  return std::unique_ptr<RoutingServer>(new RoutingServer(std::move(state)));
}

RoutingServer::RoutingServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
RoutingServer::~RoutingServer() { Shutdown(Duration{0}); }
const std::string& RoutingServer::address() const { return state_->address; }

void RoutingServer::SetHealth(const std::string& name, bool serving) {
  state_->server->GetHealthCheckService()->SetServingStatus(name, serving);
}

void RoutingServer::Shutdown(Duration grace) {
  std::call_once(state_->stopped, [&] {
    state_->server->Shutdown(std::chrono::system_clock::now() + grace);
    state_->server->Wait();
  });
}

struct HealthServer::State {
  std::unique_ptr<grpc::Server> server;
};

Result<std::unique_ptr<HealthServer>> HealthServer::Start(const std::string& listen) {
  EnablePlugins();
  auto state = std::make_unique<State>();
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port);
  state->server = builder.BuildAndStart();
  if (!state->server || port == 0) return CannotListen(listen);
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(state)));
}

HealthServer::HealthServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HealthServer::~HealthServer() { state_->server->Shutdown(std::chrono::system_clock::now()); }

void HealthServer::SetHealth(const std::string& name, bool serving) {
  state_->server->GetHealthCheckService()->SetServingStatus(name, serving);
}

}  // namespace mainstay::rpc
