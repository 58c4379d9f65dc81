//! The three convolutions on the layers of SNDCGAN's discriminator (Miyato et al. 2018, table 3), counted as if computed
//! directly, beside products of matrices with as many operations.

use gan_kernels::Device;
use gan_kernels::convolution::{Epilogue, Geometry, convolution, data_gradient, weight_gradient};

use super::super::{Case, Unit, array};

/// Side of the image, channels in and out, side of the filter, stride; one pixel of padding.
const LAYERS: [[usize; 5]; 7] = [
    [32, 3, 64, 3, 1],
    [32, 64, 128, 4, 2],
    [16, 128, 128, 3, 1],
    [16, 128, 256, 4, 2],
    [8, 256, 256, 3, 1],
    [8, 256, 512, 4, 2],
    [4, 512, 512, 3, 1],
];

/// One of the operations, by its name, on every layer.
pub(crate) fn cases<'a>(device: &'a Device, kernel: &'static str, batch: usize) -> Vec<Case<'a>> {
    LAYERS
        .into_iter()
        .map(|layer| case(device, kernel, batch, layer))
        .collect()
}

fn case<'a>(
    device: &'a Device,
    kernel: &'static str,
    n: usize,
    [side, c, k, filter, stride]: [usize; 5],
) -> Case<'a> {
    let geometry = Geometry::square(stride, 1);
    let out = side / stride;
    let (pixels, terms) = (n * out * out, filter * filter * c);
    let x = array(device, [n, side, side, c]);
    let weights = array(device, [filter, filter, c, k]);
    let gradient = array(device, [n, out, out, k]);
    let (product, run): (_, Box<dyn Fn() -> _>) = match kernel {
        "convolution" => (
            [pixels, k, terms],
            Box::new(move || vec![convolution(&x, &weights, geometry, Epilogue::default())]),
        ),
        "data_gradient" => (
            [pixels, terms, k],
            Box::new(move || vec![data_gradient(&gradient, &weights, geometry, [side; 2])]),
        ),
        _ => (
            [terms, k, pixels],
            Box::new(move || vec![weight_gradient(&x, &gradient, geometry, [filter; 2])]),
        ),
    };
    Case {
        kernel,
        case: format!("{filter}x{filter} stride {stride}, {c} to {k}, {side}x{side}, batch {n}"),
        unit: Unit::Operations,
        amount: 2.0 * pixels as f64 * terms as f64 * k as f64,
        run,
        product: Some(product),
    }
}
