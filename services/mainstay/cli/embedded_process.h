// The three services and their doors in this process: what `run` serves and what --data asks.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "mainstay/app/embedded_system.h"
#include "mainstay/base/result.h"
#include "mainstay/rpc/server.h"

namespace mainstay::cli {

class EmbeddedProcess {
 public:
  // `listen`: an address to serve on; empty: in process only.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedProcess>> Start(const app::EmbeddedOptions& options,
                                                                      const std::string& listen);
  ~EmbeddedProcess();
  EmbeddedProcess(const EmbeddedProcess&) = delete;
  EmbeddedProcess& operator=(const EmbeddedProcess&) = delete;

  [[nodiscard]] std::shared_ptr<grpc::Channel> channel() { return server_->InProcessChannel(); }
  [[nodiscard]] const std::string& address() const { return server_->address(); }
  [[nodiscard]] app::EmbeddedSystem& system() { return *system_; }
  // In order: streams and senders end, calls finish, shards finish and close. Idempotent.
  [[nodiscard]] Result<void> Stop();

 private:
  EmbeddedProcess() = default;
  std::unique_ptr<app::EmbeddedSystem> system_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace mainstay::cli
