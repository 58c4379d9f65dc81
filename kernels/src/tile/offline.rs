//! Kernels as code for NVIDIA GPUs, made without one: what the two compilers of the feature `cuda` write for a card that has
//! matrix units.

use std::sync::Arc;

use cubecl::cuda::compiler::CudaBackend;
use cubecl::cuda::{CudaCompilationOptions, CudaCompiler, CudaRepresentation};
use cubecl::features::{Features, MmaConfig};
use cubecl::ir::nvidia::SmArch;
use cubecl::ir::{DeviceIdentity, ElemType, FloatKind, HardwareProperties, MemoryDeviceProperties};
use cubecl::prelude::*;
use cubecl::profile::TimingMethod;
use cubecl_runtime::compiler::Compiler;

use super::choice::{DEPTH, TILES, Tile};
use super::matrix_units::{PLANE_UNITS, SIDE, step};
use super::multiply::Scheme;
use super::operand::{Form, Order};
use super::output::FinishCompilationArg;
use crate::precision::Precision;

/// The code for matrix units, in a small tile and for both precisions.
pub(crate) fn schemes(forms: [Form; 2]) -> [Scheme; 2] {
    [Precision::Tf32, Precision::Bf16].map(|precision| scheme(SMALL, forms, precision))
}

/// The code for matrix units in every tile.
pub(crate) fn schemes_of_tiles(forms: [Form; 2]) -> [Scheme; TILES.len()] {
    TILES.map(|(tile, _)| scheme(tile, forms, Precision::Bf16))
}

fn scheme(tile: Tile, forms: [Form; 2], precision: Precision) -> Scheme {
    Scheme {
        tile,
        forms,
        precision,
        matrix_units: true,
    }
}

/// As a launch of a scheme makes them.
pub(crate) fn settings(scheme: Scheme) -> KernelSettings {
    let units = CubeDim::new_1d(scheme.tile.units() as u32);
    KernelSettings::new(units.into(), ExecutionMode::Unchecked, AddressType::U32)
}

/// The tile for which both compilers run, which takes them the least time.
const SMALL: Tile = TILES[3].0;

/// An Ampere or later: planes of 32 units, matrix units for tf32 and bf16.
pub(crate) fn card() -> Arc<DeviceProperties> {
    let hardware = HardwareProperties {
        load_width: 128,
        vector_register_count: None,
        plane_size_min: PLANE_UNITS as u32,
        plane_size_max: PLANE_UNITS as u32,
        max_bindings: 32,
        max_shared_memory_size: 48 << 10,
        max_cube_count: (i32::MAX as u32, u16::MAX.into(), u16::MAX.into()),
        max_units_per_cube: 1024,
        max_cube_dim: (1024, 1024, 64),
        num_streaming_multiprocessors: None,
        num_tensor_cores: None,
        min_tensor_cores_dim: None,
        num_cpu_cores: None,
        last_level_cache_size: None,
        max_vector_size: VectorSize::MAX,
        cube_mma_reserved_shared_memory: 0,
    };
    let identity = DeviceIdentity {
        name: "offline".to_owned(),
        fingerprint: "offline".to_owned(),
        physical: None,
    };
    let mut features = Features::default();
    for (precision, kind) in [
        (Precision::Tf32, FloatKind::TF32),
        (Precision::Bf16, FloatKind::BF16),
    ] {
        features.matmul.cmma.insert(MmaConfig {
            a_type: ElemType::Float(kind),
            b_type: ElemType::Float(kind),
            cd_type: ElemType::Float(FloatKind::F32),
            m: SIDE as u32,
            n: SIDE as u32,
            k: step(precision) as u32,
        });
    }
    let memory = MemoryDeviceProperties::new(1 << 34, 512);
    Arc::new(DeviceProperties::new(
        features,
        memory,
        hardware,
        TimingMethod::Device,
        identity,
    ))
}

/// A buffer, as a kernel is told of it.
pub(crate) fn buffer() -> BufferCompilationArg {
    BufferCompilationArg { inplace: None }
}

/// What is done with sums, as a kernel is told of it.
pub(crate) fn finish() -> FinishCompilationArg {
    FinishCompilationArg {
        has_bias: (),
        slope: (),
    }
}

/// Both compilers must take the kernel, and write for it the instructions of matrix units that the scheme asks for.
pub(crate) fn assert_uses_matrix_units(kernel: &impl CubeKernel, scheme: Scheme) {
    let (tensor, element, k) = match scheme.precision {
        Precision::Bf16 => ("bf16", "__nv_bfloat16", 16),
        _ => ("tf32", "nvcuda::wmma::precision::tf32", 8),
    };
    let [left, right] = [0, 1].map(|side| {
        let by_term = scheme.forms[side].order == Order::ByTerm;
        if by_term == (side == 0) { "row" } else { "col" }
    });
    let source = code(CudaBackend::Cpp, kernel);
    for (operand, layout) in [("a", left), ("b", right)] {
        let fragment = format!(
            "fragment<nvcuda::wmma::matrix_{operand}, 16, 16, {k}, {element}, nvcuda::wmma::{layout}_major>"
        );
        assert!(source.contains(&fragment), "no {fragment} of {scheme:?}");
    }
    // A plane multiplies every pair of its rows and columns for each step of a block.
    let [rows, columns] = scheme.own_matrices();
    let products = rows * columns * DEPTH / k;
    assert_eq!(source.matches("::mma_sync(").count(), products, "{scheme:?}");
    if scheme.tile == SMALL {
        let instruction =
            format!("wmma.mma.sync.aligned.{left}.{right}.m16n16k{k}.f32.{tensor}.{tensor}.f32");
        let assembly = code(CudaBackend::Llvm, kernel);
        assert_eq!(assembly.matches(&instruction).count(), products, "{scheme:?}");
    }
}

/// What a compiler makes of a kernel, in its own language.
fn code(backend: CudaBackend, kernel: &impl CubeKernel) -> String {
    let options = CudaCompilationOptions {
        arch: Some(SmArch::new(80, true)),
        ..CudaCompilationOptions::default()
    };
    let made = CudaCompiler::new(backend).compile(kernel.define(), &options);
    match made.expect("the compiler takes the kernel") {
        // It ends with a zero.
        CudaRepresentation::Llvm(module) => {
            let bytes = module.ptx.iter().map(|byte| byte.cast_unsigned());
            bytes.take_while(|byte| *byte != 0).map(char::from).collect()
        }
        source @ CudaRepresentation::Cpp(_) => source.to_string(),
    }
}
