#include "cli/application.h"

int main(int argc, char** argv) { return mainstay::cli::RunApplication(argc, argv); }
