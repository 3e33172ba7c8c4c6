# mainstay_library(NAME <name> LAYER <layer> [HOT] SOURCES ... HEADERS ... [DEPS ...] [PRIVATE_DEPS ...])
# mainstay_test(NAME <name> SOURCES ... [DEPS ...] [LABELS ...] [ONE_BY_ONE])
# mainstay_binary(NAME <name> SOURCES ... DEPS ...)
#
# A library is src/ + include/mainstay/<name>/ with listed sources, an alias
# mainstay::<name>, a header check (every header compiles alone) and a layer check (LayerRules.cmake).
# A binary below services/ is checked as its folder's layer; one below tests/ or libs/ is a test's.
#
# The release preset compiles the sources of a target in batches (less than half the time); the others each alone, so
# that a missing include is found. ONE_BY_ONE: tests whose short local names would meet in a batch.
# A target with the property MAINSTAY_COLD is compiled for a short build, not for speed. HOT: it runs with every event.
include(LayerRules)

add_library(mainstay_options INTERFACE)
target_compile_features(mainstay_options INTERFACE cxx_std_20)
target_compile_options(mainstay_options INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer
                       $<$<CONFIG:Release>:-O$<IF:$<BOOL:$<TARGET_PROPERTY:MAINSTAY_COLD>>,1,2>>
                       # With false alarms of GCC 12 about strings that cannot be as long as it fears.
                       $<$<AND:$<CONFIG:Release>,$<BOOL:$<TARGET_PROPERTY:MAINSTAY_HOT>>>:-O3$<SEMICOLON>-Wno-restrict>
                       $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-subobject-linkage>)
if(MAINSTAY_SANITIZE)
  target_compile_options(mainstay_options INTERFACE -fsanitize=${MAINSTAY_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(mainstay_options INTERFACE -fsanitize=${MAINSTAY_SANITIZE})
endif()

# What is counted or inlined by counts raises false alarms; the release build has looked at the same sources.
if(MAINSTAY_PROFILE STREQUAL "train")
  target_compile_options(mainstay_options INTERFACE -w -fprofile-generate -fprofile-update=atomic)
  target_link_options(mainstay_options INTERFACE -fprofile-generate)
elseif(MAINSTAY_PROFILE STREQUAL "use")
  # What training did not reach is compiled as it is without a profile.
  target_compile_options(mainstay_options INTERFACE -w -fprofile-use -fprofile-partial-training -fprofile-correction)
  target_link_options(mainstay_options INTERFACE -Wl,--emit-relocs -Wl,-z,now)  # For tools/lay_out.sh.
endif()

function(mainstay_library)
  cmake_parse_arguments(ARG "HOT" "NAME;LAYER" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target mainstay_${ARG_NAME})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE mainstay_options)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_DEPS})
    set_target_properties(${target} PROPERTIES MAINSTAY_HOT "${ARG_HOT}")
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${CMAKE_CURRENT_SOURCE_DIR}/include")
  target_link_libraries(${target} ${scope} ${ARG_DEPS})
  target_compile_features(${target} ${scope} cxx_std_20)
  add_library(mainstay::${ARG_NAME} ALIAS ${target})
  mainstay_check_layer(${ARG_NAME} "${ARG_LAYER}" ${ARG_DEPS} ${ARG_PRIVATE_DEPS})
  if(ARG_HEADERS)
    mainstay_header_check(${ARG_NAME} ${ARG_HEADERS})
  endif()
endfunction()

# Every public header must compile alone: one generated source per header, built with `check-headers`.
function(mainstay_header_check name)
  set(sources)
  foreach(header IN LISTS ARGN)
    string(MAKE_C_IDENTIFIER "${header}" id)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/header_check/${id}.cc")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include \"${header}\"\n")
    list(APPEND sources "${source}")
  endforeach()
  add_library(mainstay_${name}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(mainstay_${name}_headers PRIVATE mainstay_${name} mainstay_options)
  if(NOT TARGET check-headers)
    add_custom_target(check-headers)
  endif()
  add_dependencies(check-headers mainstay_${name}_headers)
endfunction()

function(mainstay_test)
  cmake_parse_arguments(ARG "ONE_BY_ONE" "NAME;TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE mainstay_options ${ARG_DEPS} mainstay_dep::gtest mainstay::test_main)
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_compile_definitions(${ARG_NAME} PRIVATE MAINSTAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  # What a test spends its time in is in the libraries.
  set_target_properties(${ARG_NAME} PROPERTIES MAINSTAY_COLD ON)
  if(ARG_ONE_BY_ONE)
    set_target_properties(${ARG_NAME} PROPERTIES UNITY_BUILD OFF)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
endfunction()

function(mainstay_binary)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(folder MATCHES "^services/mainstay")
    set(layer composition)
  elseif(folder MATCHES "^services/")
    set(layer service)
  else()
    set(layer test)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE mainstay_options ${ARG_DEPS})
  mainstay_link_allocator(${ARG_NAME})
  mainstay_check_layer(${ARG_NAME}.binary ${layer} ${ARG_DEPS})
endfunction()

# Replaces malloc in what is run for its speed (docs/decisions/0009). Sanitizers bring an allocator of their own.
function(mainstay_link_allocator target)
  if(NOT MAINSTAY_SANITIZE)
    target_link_libraries(${target} PRIVATE "${JEMALLOC}")
  endif()
endfunction()
