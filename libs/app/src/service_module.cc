#include "mainstay/app/service_module.h"

#include <utility>

namespace mainstay::app {
namespace {

class TwoDoors final : public Doors {
 public:
  TwoDoors(std::unique_ptr<Doors> first, std::unique_ptr<Doors> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  std::vector<grpc::Service*> services() override {
    std::vector<grpc::Service*> all = first_->services();
    for (grpc::Service* service : second_->services()) all.push_back(service);
    return all;
  }
  void OnEffect(std::int32_t partition, std::string bytes) override { first_->OnEffect(partition, std::move(bytes)); }
  void Shutdown() override {
    first_->Shutdown();
    second_->Shutdown();
  }

 private:
  std::unique_ptr<Doors> first_;
  std::unique_ptr<Doors> second_;
};

}  // namespace

std::unique_ptr<Doors> Together(std::unique_ptr<Doors> first, std::unique_ptr<Doors> second) {
  return std::make_unique<TwoDoors>(std::move(first), std::move(second));
}

}  // namespace mainstay::app
