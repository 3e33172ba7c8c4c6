#include "embedded_process.h"

#include <utility>
#include <vector>

#include "modules.h"

namespace mainstay::cli {
namespace {

constexpr Duration kGrace = std::chrono::seconds{5};

}  // namespace

Result<std::unique_ptr<EmbeddedProcess>> EmbeddedProcess::Start(const app::EmbeddedOptions& options,
                                                                const std::string& listen) {
  auto process = std::unique_ptr<EmbeddedProcess>(new EmbeddedProcess);
  MAINSTAY_TRY_ASSIGN(system, app::EmbeddedSystem::Start(options, MakeModules("mainstay", options.directory)));
  process->system_ = std::move(system);
  MAINSTAY_TRY_ASSIGN(server, rpc::Server::Start({listen}, process->system_->services()));
  process->server_ = std::move(server);
  return process;
}

EmbeddedProcess::~EmbeddedProcess() { (void)Stop(); }

Result<void> EmbeddedProcess::Stop() {
  if (!system_) return {};
  system_->ShutDownDoors();
  if (server_) server_->Shutdown(kGrace);
  Result<void> stopped = system_->Stop();
  server_.reset();
  system_.reset();
  return stopped;
}

}  // namespace mainstay::cli
