// A service as data: what `libs/app` needs to run it in any system.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/app/ports.h"
#include "mainstay/stream/processor.h"
#include "mainstay/stream/record.h"

namespace grpc {
class Service;
}

namespace mainstay::app {

// The system a module's doors talk to. All outlive the doors.
struct System {
  const StateReader* state = nullptr;
  Publisher* publisher = nullptr;
  const LogReader* log = nullptr;
  ClockControl* clock = nullptr;
};

// What runs beside the shard loops of a service: gRPC services and effect senders. Destroyed before the loops.
class Doors {
 public:
  virtual ~Doors() = default;
  [[nodiscard]] virtual std::vector<grpc::Service*> services() = 0;
  // Takes a committed effect; worker thread; must not block.
  virtual void OnEffect(std::int32_t partition, std::string bytes) = 0;
  // No new work from now on; ends streams and senders. Called once, before the loops stop.
  virtual void Shutdown() = 0;
};

// Both as one; `first` gets the effects.
[[nodiscard]] std::unique_ptr<Doors> Together(std::unique_ptr<Doors> first, std::unique_ptr<Doors> second);

struct ServiceModule {
  stream::Topology topology;
  stream::ProcessorFactory make_processor;
  std::function<std::unique_ptr<Doors>(const System&)> make_doors;
};

}  // namespace mainstay::app
