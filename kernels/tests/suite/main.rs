//! Every public operation, on every device that has it, against a naive f64 reference written here.
//!
//! The table below is the list of operations and says where each runs. An operation is one function that takes the
//! device under test and walks through its cases; references are plain loops that share nothing with the library.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod adam;
mod array;
mod bits;
mod concatenation;
mod contract;
mod convolution;
mod devices;
mod elementwise;
mod laws;
#[cfg(feature = "vulkan")]
mod lists;
mod matmul;
mod normalization;
mod polar;
mod pool;
#[cfg(feature = "vulkan")]
mod precision;
mod reduce;
mod special_values;
mod spectral;
mod target;
mod window;

/// One module of tests a row: the operation on the CPU in f32 and f64, and on the software Vulkan driver, where it
/// either `agrees` with the reference or `refuses` with the message that follows.
macro_rules! operations {
    ($($name:ident: $check:path, cpu agrees, vulkan $vulkan:ident $($refusal:literal)?;)+) => {
        $(mod $name {
            use crate::target::Target;

            #[test]
            fn agrees_with_the_reference_on_the_cpu_in_f32() {
                $check(&Target::CpuF32);
            }

            #[test]
            fn agrees_with_the_reference_on_the_cpu_in_f64() {
                $check(&Target::CpuF64);
            }

            operations!(@$vulkan $check $(, $refusal)?);
        })+
    };
    (@agrees $check:path) => {
        #[cfg(feature = "vulkan")]
        #[test]
        fn agrees_with_the_reference_on_vulkan() {
            $check(&Target::software_vulkan());
        }
    };
    (@refuses $check:path, $refusal:literal) => {
        #[cfg(feature = "vulkan")]
        #[test]
        #[should_panic(expected = $refusal)]
        fn refuses_by_name_on_vulkan() {
            $check(&Target::software_vulkan());
        }
    };
}

mod operation {
    operations! {
        arrays:          crate::array::round_trip,             cpu agrees, vulkan agrees;
        matmul:          crate::matmul::matmul,                cpu agrees, vulkan agrees;
        convolution:     crate::convolution::convolution,      cpu agrees, vulkan agrees;
        data_gradient:   crate::convolution::data_gradient,    cpu agrees, vulkan agrees;
        weight_gradient: crate::convolution::weight_gradient,  cpu agrees, vulkan agrees;
        unary:           crate::elementwise::unary,            cpu agrees, vulkan agrees;
        binary:          crate::elementwise::binary,           cpu agrees, vulkan agrees;
        broadcast:       crate::elementwise::broadcast,        cpu agrees, vulkan agrees;
        cast:            crate::elementwise::cast,             cpu agrees, vulkan refuses "cast has no implementation";
        sum:             crate::reduce::sum,                   cpu agrees, vulkan agrees;
        row_maximum:     crate::reduce::row_maximum,           cpu agrees, vulkan agrees;
        slice:           crate::window::slice,                 cpu agrees, vulkan agrees;
        pad:             crate::window::pad,                   cpu agrees, vulkan agrees;
        concatenate:     crate::concatenation::concatenate,    cpu agrees, vulkan agrees;
        window_sum:      crate::pool::window_sum,              cpu agrees, vulkan agrees;
        replicate:       crate::pool::replicate,               cpu agrees, vulkan agrees;
        maximum:         crate::pool::maximum,                 cpu agrees, vulkan agrees;
        average:         crate::pool::average,                 cpu agrees, vulkan agrees;
        moments:         crate::normalization::moments,        cpu agrees, vulkan agrees;
        normalize:       crate::normalization::normalize,      cpu agrees, vulkan agrees;
        input_gradient:  crate::normalization::input_gradient, cpu agrees, vulkan agrees;
        scale_gradient:  crate::normalization::scale_gradient, cpu agrees, vulkan agrees;
        adam:            crate::adam::adam,                    cpu agrees, vulkan agrees;
        follow:          crate::spectral::follow,              cpu agrees, vulkan agrees;
        power_iteration: crate::spectral::power_iteration,     cpu agrees, vulkan agrees;
        spectral:        crate::spectral::normalize,           cpu agrees, vulkan agrees;
        pull_back:       crate::spectral::pull_back,           cpu agrees, vulkan agrees;
        nuclear_norm:    crate::polar::nuclear_norms,          cpu agrees, vulkan agrees;
    }
}
